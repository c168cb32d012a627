//! The certifier with the sums of this crate beside the protocols of Quorate.

fn main() -> std::process::ExitCode {
    certify::main(&[&toy::RIGHT, &toy::UNMASKED, &toy::UNCHECKED])
}
