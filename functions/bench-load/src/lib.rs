//! What a load tells: whether a step was steady, whether it kept the objective, which step
//! comes next, and how much load a target sustains.
//!
//! In go the plans of steps and what their samples add up to
//! ([`bench_core::load`]), out come typed conclusions with their numbers. The planner uses
//! them to choose the next step, the report to say what was found; nothing here does I/O or
//! reads a clock.
