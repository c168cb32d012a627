//! Tells the program what it was built from: hashes of the sources, the compiler and how it was called.

use std::env;
use std::path::Path;
use std::process::Command;

#[path = "src/certificate/tree.rs"]
mod tree;

fn main() {
    let of = |name: &str| env::var(name).unwrap_or_default();
    let manifest = of("CARGO_MANIFEST_DIR");
    let root = Path::new(&manifest).join("..");
    for place in tree::MEASURED {
        println!("cargo::rerun-if-changed={}", root.join(place).display());
    }
    let hash = |places: &[&str]| tree::hash(&root, places).expect("the workspace around crate certify is readable");
    let rustc = Command::new(of("RUSTC")).arg("--version").output().expect("the compiler tells its version");
    let tells = [
        ("SOURCES", hash(tree::MEASURED)),
        ("LOCK", hash(&["Cargo.lock"])),
        ("SPEC", hash(&["spec/protocols", "spec/pitfalls.md", "spec/decisions"])),
        ("RUSTC", String::from_utf8_lossy(&rustc.stdout).trim().to_owned()),
        ("RUSTFLAGS", of("CARGO_ENCODED_RUSTFLAGS").replace('\u{1f}', " ")),
        ("PROFILE", format!("{}, opt-level {}", of("PROFILE"), of("OPT_LEVEL"))),
        ("TARGET", of("TARGET")),
    ];
    for (name, value) in tells {
        println!("cargo::rustc-env=QUORATE_{name}={value}");
    }
}
