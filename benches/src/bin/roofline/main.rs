//! How close the protocols come to what their kernels allow, in one run on one machine.
//!
//! `cargo build --release && cargo run --release -p quorate-benches --bin roofline` measures every kernel on its own
//! (the fastest of many short samples, operands in the cache), adds up what one item needs of each at one party, runs
//! `quorate bench … --plain` for the same item, and prints for each figure: the bound, what was measured, the fraction.
//! The bound takes one core for each party and nothing else: no wiping, no memory traffic, no waiting for each other.
//!
//! All of it varies with the machine and what else it does. The fractions vary less, because both sides do.

mod kernels;

use std::path::PathBuf;
use std::process::Command;

use field::{F128, Fr, PrimeField};

use self::kernels::{FieldKernels, Machine};

type Error = Box<dyn std::error::Error>;

/// One kernel's part of an item.
struct Part {
    what: &'static str,
    /// How many.
    count: f64,
    /// Nanoseconds for each.
    each: f64,
}

fn main() -> Result<(), Error> {
    let machine = Machine::measure()?;
    println!(
        "memory copied {:.1} GB/s, loopback {:.2} GB/s in each direction at once",
        1.0 / machine.copy,
        1.0 / machine.loopback
    );
    let mut rows = Vec::new();
    over::<F128>("f128", &machine, &mut rows)?;
    over::<Fr>("fr", &machine, &mut rows)?;
    println!("\n{:<16} {:>12} {:>12} {:>9} {:>22}", "", "bound", "measured", "fraction", "of its processor time");
    for row in rows {
        println!("{row}");
    }
    Ok(())
}

fn over<F: PrimeField>(field: &str, machine: &Machine, rows: &mut Vec<String>) -> Result<(), Error> {
    let kernels = FieldKernels::measure::<F>();
    for what in ["triples", "online", "open", "ot"] {
        let run = bench(what, field)?;
        let sent = run.bytes;
        let mut parts = match what {
            "triples" => triple::<F>(machine, &kernels),
            "online" => product::<F>(machine, &kernels),
            "open" => opening(machine, &kernels),
            _ => transfer(1.0, machine, &kernels),
        };
        parts.push(Part { what: "bytes through the loopback", count: sent, each: machine.loopback });
        let bound: f64 = parts.iter().map(|p| p.count * p.each).sum();
        println!("\n{what}, {field}: nanoseconds of one party for one item");
        for p in &parts {
            println!("  {:<34} {:>10.1} × {:>7.3} = {:>10.1}", p.what, p.count, p.each, p.count * p.each);
        }
        println!("  {:<34} {:>32.1}", "sum", bound);
        let (rate, of_processor) = (1e9 / bound, bound / (run.cpu_microseconds * 1e3));
        let (name, fraction) = (format!("{what} {field}"), run.rate / rate);
        rows.push(format!("{name:<16} {rate:>10.0}/s {:>10.0}/s {fraction:>9.2} {of_processor:>22.2}", run.rate));
    }
    Ok(())
}

/// A transfer in each direction at a party (`spec/protocols/07-ot-extension.md`, k = 2): 256 streams as receiver and 192
/// as sender for 128 columns, a row of each to transpose and to check, one hash as receiver and two as sender.
fn transfer(count: f64, m: &Machine, k: &FieldKernels) -> Vec<Part> {
    vec![
        Part { what: "16 bytes of generator", count: 3.5 * count, each: m.generator },
        Part { what: "rows transposed", count: 2.0 * count, each: m.transpose },
        Part { what: "rows checked", count: 2.0 * count, each: m.check },
        Part { what: "hashes to the field", count: 3.0 * count, each: k.hash },
    ]
}

/// A MASCOT triple at one of two parties (`spec/protocols/10-mascot-triple.md`): three raw products of as many transfers
/// as the field has bits, and five elements authenticated in each direction.
fn triple<F: PrimeField>(m: &Machine, k: &FieldKernels) -> Vec<Part> {
    let bits = F::BITS as f64;
    let mut parts = transfer(3.0 * bits, m, k);
    // A row of the products is written, read and summed at both ends; so is one of COPEe.
    parts.push(Part { what: "elements written", count: 8.0 * bits, each: k.write });
    parts.push(Part { what: "elements read", count: 8.0 * bits, each: k.read });
    parts.push(Part { what: "terms summed", count: 16.0 * bits, each: k.sum });
    // COPEe: two expansions as owner, one as holder of the key.
    parts.push(Part { what: "elements expanded", count: 15.0 * bits, each: k.expand });
    parts
}

/// A multiplication: a triple from the ledger, two openings, the MAC check's share.
fn product<F: PrimeField>(m: &Machine, k: &FieldKernels) -> Vec<Part> {
    vec![
        Part { what: "bytes of ledger authenticated", count: 6.0 * F::BYTES as f64, each: m.hash },
        Part { what: "elements read", count: 6.0 + 2.0, each: k.read },
        Part { what: "elements written", count: 2.0, each: k.write },
        Part { what: "additions", count: 6.0, each: k.add },
        Part { what: "combined to products", count: 2.0, each: k.beaver },
        Part { what: "coefficients expanded", count: 2.0, each: k.sample },
        Part { what: "terms of checks", count: 4.0, each: k.dot },
    ]
}

/// An opening and the MAC check's share of it.
fn opening(_: &Machine, k: &FieldKernels) -> Vec<Part> {
    vec![
        Part { what: "elements written", count: 1.0, each: k.write },
        Part { what: "elements read", count: 1.0, each: k.read },
        Part { what: "additions", count: 1.0, each: k.add },
        Part { what: "coefficients expanded", count: 1.0, each: k.sample },
        Part { what: "terms of checks", count: 2.0, each: k.dot },
    ]
}

/// What `quorate bench` says.
struct Run {
    rate: f64,
    cpu_microseconds: f64,
    bytes: f64,
}

fn bench(what: &str, field: &str) -> Result<Run, Error> {
    let program: PathBuf = std::env::current_exe()?.with_file_name("quorate");
    let arguments = ["bench", what, "--field", field, "--plain", "--json", "--repeat", "3"];
    let out = Command::new(&program).args(arguments).output();
    let out = out.map_err(|e| format!("{}: {e}; build it with `cargo build --release`", program.display()))?;
    if !out.status.success() {
        return Err(format!("quorate bench {what}: {}", String::from_utf8_lossy(&out.stderr)).into());
    }
    let figures: serde_json::Value = serde_json::from_slice(&out.stdout)?;
    let number = |name: &str| figures[name].as_f64().ok_or_else(|| format!("quorate bench {what} says no {name}"));
    Ok(Run { rate: number("best")?, cpu_microseconds: number("cpu_microseconds")?, bytes: number("bytes_per_item")? })
}
