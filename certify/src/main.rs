//! `quorate-certify`: attacks the protocols and compares what the attacks achieve with what the protocols claim.

/// Simulated runs are short and allocate all the time; this allocator is made for them.
#[global_allocator]
static GLOBAL: adversary::allocator::SmallRuns = adversary::allocator::SmallRuns;

fn main() -> std::process::ExitCode {
    quorate_certify::main(&[])
}
