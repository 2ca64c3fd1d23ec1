//! `hostbench destroy`.

use std::{
    io::{self, BufRead},
    process::ExitCode,
};

use super::print_line;
use crate::{
    aws,
    cli::Destroy,
    error::Error,
    progress::Console,
    stack::{self, Deployed},
    teardown,
};

pub(super) async fn destroy(arguments: &Destroy, console: &Console) -> Result<ExitCode, Error> {
    let name = &arguments.stack.name;
    let aws = aws::config(
        arguments.stack.profile.as_deref(),
        arguments.stack.region.as_deref(),
    )
    .await?;
    let deployed = stack::find(&aws, name).await?;
    if deployed.protected {
        return Err(Error::InvalidInput(format!(
            "termination protection of stack `{name}` is on, nothing was deleted; run `aws \
             cloudformation update-termination-protection --no-enable-termination-protection \
             --stack-name {name}` first"
        )));
    }
    let pipeline = &deployed.pipeline;
    let running = teardown::running(pipeline).await?;
    if !arguments.yes {
        console.note(confirmation_prompt(&deployed, arguments, running.len()).await);
        if !is_confirmed(name, &mut io::stdin().lock())? {
            return Err(Error::InvalidInput(
                "nothing was deleted; confirm with the name of the stack, or pass `--yes` in a script"
                    .to_owned(),
            ));
        }
    }
    teardown::stop(pipeline, &running).await?;
    // The stack is deleted last, so that the command can be repeated.
    if !arguments.keep_data {
        let step = console.step("deleting the runs");
        let versions = teardown::delete_bucket(pipeline).await?;
        teardown::delete_table(pipeline).await?;
        step.done(&format!("{versions} object versions, and the table"));
    }
    let step = console.step(format!("deleting stack `{name}`"));
    stack::delete(&aws, &deployed.id, teardown::LIMIT).await?;
    step.done("deleted");
    print_line(if arguments.keep_data {
        format!(
            "stack `{name}` was deleted; its runs are kept in bucket `{}` and table `{}`",
            pipeline.outputs.bucket, pipeline.outputs.table
        )
    } else {
        format!("stack `{name}` and its runs were deleted")
    })?;
    Ok(ExitCode::SUCCESS)
}

/// The confirmation prompt, with what will be deleted.
async fn confirmation_prompt(deployed: &Deployed, arguments: &Destroy, running: usize) -> String {
    let outputs = &deployed.pipeline.outputs;
    let mut lines = vec![format!("stack `{}` will be deleted", arguments.stack.name)];
    if running > 0 {
        lines.push(format!("  {running} running executions will be stopped"));
    }
    lines.push(if arguments.keep_data {
        format!(
            "  bucket `{}` and table `{}` are kept",
            outputs.bucket, outputs.table
        )
    } else {
        // A missing table has no runs; the confirmation is asked for all the same.
        let runs = deployed.pipeline.store().runs().await;
        let runs = runs.map_or_else(|_| "all".to_owned(), |runs| runs.len().to_string());
        format!(
            "  with bucket `{}` and table `{}`: {runs} runs, and every version of their objects",
            outputs.bucket, outputs.table
        )
    });
    lines.push("type the name of the stack to confirm:".to_owned());
    lines.join("\n")
}

fn is_confirmed(name: &str, input: &mut impl BufRead) -> Result<bool, Error> {
    let mut answer = String::new();
    input
        .read_line(&mut answer)
        .map_err(Error::file("read", "standard input"))?;
    Ok(answer.trim() == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_name_of_the_stack_confirms() {
        for (answer, expected) in [
            ("nightly\n", true),
            ("y\n", false),
            ("", false),
            ("night", false),
        ] {
            let confirmed = is_confirmed("nightly", &mut answer.as_bytes()).unwrap();
            assert_eq!(confirmed, expected, "{answer}");
        }
    }
}
