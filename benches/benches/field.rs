//! Nanoseconds per element of the numbers everything else is made of.
//!
//! `cargo bench -p quorate-benches --bench field -- --quick` prints throughput in elements a second.

use std::hint::black_box;
use std::time::Duration;

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use field::laws::{bytes, elements};
use field::{BitVec, F128, Field, Fr, Gf128, PrimeField, Residue, transpose_columns};

/// Fits the second-level cache together with its operands.
const N: usize = 4096;

fn kernels<F: Field>(c: &mut Criterion) {
    let mut group = c.benchmark_group(F::NAME);
    group.throughput(Throughput::Elements(N as u64)).warm_up_time(Duration::from_millis(300));
    group.measurement_time(Duration::from_secs(1)).sample_size(20);
    let [a, b, d, e, mut y] = [1, 2, 3, 4, 5].map(|seed| elements::<F>(N, seed));
    let k = a[N - 1];
    group.bench_function("mul, one by one", |bench| {
        bench.iter(|| y.iter_mut().zip(&a).for_each(|(y, a)| *y *= *a));
    });
    group.bench_function("add_slices", |bench| bench.iter(|| F::add_slices(&mut y, &a)));
    group.bench_function("mul_slices", |bench| bench.iter(|| F::mul_slices(&mut y, &a)));
    group.bench_function("axpy", |bench| bench.iter(|| F::axpy(&mut y, k, &a)));
    group.bench_function("dot", |bench| bench.iter(|| F::dot(black_box(&a), &b)));
    group.bench_function("dot2", |bench| bench.iter(|| F::dot2(black_box(&a), &b, &d)));
    group.bench_function("beaver_combine", |bench| bench.iter(|| F::beaver_combine(&mut y, &a, &b, &d, &e, k)));
    group.bench_function("write_slice", |bench| {
        let mut out = Vec::with_capacity(N * F::BYTES);
        bench.iter(|| {
            out.clear();
            F::write_slice(&a, &mut out);
        });
    });
    let mut encoded = Vec::new();
    F::write_slice(&a, &mut encoded);
    group.bench_function("read_slice", |bench| bench.iter(|| F::read_slice(black_box(&encoded))));
    // The bytes are prepared: the figure is the map from bytes to elements.
    let mut stream = vec![0; 1 << 12];
    bytes(6)(&mut stream);
    group.bench_function("sample_slice", |bench| {
        bench.iter(|| F::sample_slice(&mut y, &mut |out| out.copy_from_slice(&stream[..out.len()])));
    });
    group.finish();
}

fn residues<F: PrimeField>(c: &mut Criterion) {
    let mut group = c.benchmark_group(format!("{} residues", F::NAME));
    group.throughput(Throughput::Elements(N as u64)).warm_up_time(Duration::from_millis(300));
    group.measurement_time(Duration::from_secs(1)).sample_size(20);
    let x: Vec<F::Residue> = elements::<F>(N, 1).into_iter().map(F::to_residue).collect();
    group.bench_function("horner, per term", |bench| {
        bench.iter(|| black_box(&x).chunks(F::BITS).map(F::Residue::horner).fold(F::Residue::ZERO, F::Residue::add));
    });
    group.bench_function("add_if", |bench| {
        bench.iter_batched_ref(
            || x.clone(),
            |y| y.iter_mut().zip(&x).for_each(|(y, x)| *y = y.add_if(x.bit(3), *x)),
            BatchSize::SmallInput,
        );
    });
    group.finish();
}

fn bits(c: &mut Criterion) {
    let mut group = c.benchmark_group("bits");
    group.throughput(Throughput::Elements(N as u64)).warm_up_time(Duration::from_millis(300));
    group.measurement_time(Duration::from_secs(1)).sample_size(20);
    let columns = BitVec::sample(128 * N, &mut bytes(1)).into_bytes();
    let mut blocks = vec![0; N];
    group.bench_function("transpose, per row", |bench| {
        bench.iter(|| transpose_columns(black_box(&columns), &mut blocks));
    });
    group.finish();
}

fn all(c: &mut Criterion) {
    kernels::<Fr>(c);
    kernels::<F128>(c);
    kernels::<Gf128>(c);
    residues::<Fr>(c);
    residues::<F128>(c);
    bits(c);
}

criterion_group!(benches, all);
criterion_main!(benches);
