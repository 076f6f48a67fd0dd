//! The entry point: arguments in, exit code out.

use std::process::ExitCode;

fn main() -> ExitCode {
    trento_alloy::main()
}
