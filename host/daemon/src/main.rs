//! The binary `qadam`. All of it is in the library beside, so that tests and benches can build the same host.

use std::process::ExitCode;

fn main() -> ExitCode {
    qadam::cli::main()
}
