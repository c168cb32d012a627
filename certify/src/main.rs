//! `quorate-certify`: attacks the protocols and compares what the attacks achieve with what the protocols claim.

fn main() -> std::process::ExitCode {
    quorate_certify::main()
}
