//! `trento-alloy completions`: prints shell completions.

use std::io::Write;

use clap::CommandFactory;
use clap_complete::Shell;

use crate::cli::{Cli, Exit, Io};
use crate::error::{Error, Result};

/// Print shell completions
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The shell
    shell: Shell,
}

/// Runs the command.
pub fn run(args: &Args, io: &mut Io<'_>) -> Result<Exit> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "trento-alloy", &mut script);
    if args.shell == Shell::Bash {
        script = one_spelling(&script).into_bytes();
    }
    io.out.write_all(&script).map_err(Error::Output)?;
    Ok(Exit::Clean)
}

/// clap_complete 4.6 spells the program's name in two ways where it holds a hyphen, so that bash
/// would complete nothing below the first word.
fn one_spelling(script: &[u8]) -> String {
    String::from_utf8_lossy(script).replace("trento__subcmd__alloy", "trento__alloy")
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::*;

    /// What bash offers for the last word.
    fn offered(words: &[&str]) -> Option<String> {
        let mut script = Vec::new();
        clap_complete::generate(Shell::Bash, &mut Cli::command(), "trento-alloy", &mut script);
        let quoted: Vec<String> = words.iter().map(|word| format!("'{word}'")).collect();
        let (cur, prev) = (&quoted[words.len() - 1], &quoted[words.len() - 2]);
        let script = format!(
            "{}\nCOMP_WORDS=({}); COMP_CWORD={}\n_trento__alloy trento-alloy {cur} {prev}\n\
             echo \"${{COMPREPLY[@]}}\"",
            one_spelling(&script),
            quoted.join(" "),
            words.len() - 1,
        );
        let done = Command::new("bash").arg("-c").arg(script).output().ok()?;
        Some(String::from_utf8_lossy(&done.stdout).trim().to_owned())
    }

    #[test]
    fn bash_completes_below_the_first_word() {
        for (words, expected) in [
            (&["trento-alloy", "ch"][..], "check"),
            (&["trento-alloy", "check", "--off"], "--offline"),
            (&["trento-alloy", "facts", "ga"], "gather"),
            (&["trento-alloy", "facts", "gather", "--arg"], "--argument"),
            (&["trento-alloy", "validate", "--fail-on", "e"], "error"),
        ] {
            match offered(words) {
                Some(offered) => assert_eq!(offered, expected, "{words:?}"),
                None => eprintln!("skipped: there is no bash"),
            }
        }
    }
}
