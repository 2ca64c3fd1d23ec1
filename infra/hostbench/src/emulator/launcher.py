"""Starts the emulator from a private folder and ends it with its parent.

Arguments: the folder that the packages were installed into.

Standard input is a pipe that nothing is ever written to. It ends when the
parent does, however it ends, and then the whole process group goes: the
emulator and the Lambda processes it started.
"""

import os
import runpy
import signal
import sys
import threading


def end_with_parent():
    while os.read(0, 1):
        pass
    if os.getpgrp() == os.getpid():
        os.killpg(0, signal.SIGKILL)
    os.kill(os.getpid(), signal.SIGKILL)


def speed_up_queries():
    try:
        from ministack.services import dynamodb
    except ImportError:
        return
    import queries

    queries.narrow(dynamodb)


threading.Thread(target=end_with_parent, daemon=True).start()
sys.path.insert(0, sys.argv.pop(1))
sys.path.append(os.path.dirname(os.path.abspath(__file__)))
speed_up_queries()
runpy.run_module("ministack", run_name="__main__", alter_sys=True)
