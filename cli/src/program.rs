//! What a task computes, on any engine: the same text plans, computes in the clear, and runs between parties.

use functions::engine::Pair;
use functions::{Engine, Exact, Plan, Refusal, Statistic, Vector, immediate, statistics};
use transport::{PartyId, PerParty};

use crate::data::Column;
use crate::task::{ColumnRef, Computation, Demanders, Task};

/// The values of every provider that this machine knows: one provider's own in a real run, all of them in the clear.
/// Columns are in the order of the task.
pub type Inputs = PerParty<Option<Vec<Column>>>;

/// The results of one output, in the order of [`labels`], where this engine's party sees them.
pub type Shown = Option<Vec<Exact>>;

/// Runs a task: inputs of all providers in order, all computations, then all outputs: first what everybody sees, then
/// party by party. One result for each output of the task.
pub async fn run<E: Engine>(e: &mut E, task: &Task, inputs: &Inputs) -> Result<Vec<Shown>, E::Error> {
    let columns = enter(e, task, inputs).await?;
    let mut results = Vec::with_capacity(task.outputs.len());
    for output in &task.outputs {
        results.push(compute(e, &columns, &output.computation).await?);
    }

    let mut shown: Vec<Shown> = vec![None; results.len()];
    let of = |want: &dyn Fn(&Demanders) -> bool| -> Vec<usize> {
        (0..results.len()).filter(|i| want(&task.outputs[*i].to)).collect()
    };
    let public = of(&|to| *to == Demanders::All);
    if !public.is_empty() {
        let values: Vec<_> = public.iter().map(|i| results[*i].value()).collect();
        store(&mut shown, &results, &public, e.output_to_all(&values).await?);
    }
    for party in task.names().iter() {
        let private = of(&|to| matches!(to, Demanders::Some(parties) if parties.contains(&party)));
        if !private.is_empty() {
            let values: Vec<_> = private.iter().map(|i| results[*i].value()).collect();
            if let Some(opened) = e.output_to(party, &values).await? {
                store(&mut shown, &results, &private, opened);
            }
        }
    }
    Ok(shown)
}

fn store<V>(shown: &mut [Shown], results: &[Statistic<V>], which: &[usize], opened: Vec<Vec<Exact>>) {
    for (i, numerators) in which.iter().zip(opened) {
        shown[*i] = Some(results[*i].divide(numerators));
    }
}

type Columns<V> = PerParty<Vec<Vector<V>>>;

/// Enters the columns of every provider, in one batch for each.
async fn enter<E: Engine>(e: &mut E, task: &Task, inputs: &Inputs) -> Result<Columns<E::V>, E::Error> {
    let mut columns = PerParty::from_fn(task.parties.len(), |_| Vec::new());
    for (provider, _) in task.providers() {
        let forms = task.forms(provider);
        let known = inputs[provider].as_deref();
        let batch: Vec<_> = forms
            .iter()
            .enumerate()
            .map(|(i, form)| (form, known.and_then(|columns| columns.get(i)).map(Column::values)))
            .collect();
        columns[provider] = e.input_columns(provider, &batch).await?;
    }
    Ok(columns)
}

async fn compute<E: Engine>(
    e: &mut E,
    columns: &Columns<E::V>,
    computation: &Computation,
) -> Result<Statistic<E::V>, E::Error> {
    let get = |at: &ColumnRef| &columns[at.party][at.column];
    let pairs = |all: &[ColumnRef], with: &ColumnRef| -> Vec<Pair<'_, E::V>> {
        all.iter().map(|at| (get(at), get(with))).collect()
    };
    match computation {
        Computation::Sum(all) => each(e, &all.iter().map(get).collect::<Vec<_>>(), statistics::sum),
        Computation::Mean(all) => each(e, &all.iter().map(get).collect::<Vec<_>>(), statistics::mean),
        Computation::InnerProduct(all, with) => statistics::inner_products(e, &pairs(all, with)).await,
        Computation::Covariance(all, with) => statistics::covariances(e, &pairs(all, with)).await,
        Computation::Correlation(all, with) => statistics::correlations_of_standardised(e, &pairs(all, with)).await,
        Computation::WeightedScore { terms, intercept, fraction_bits } => {
            let terms: Vec<_> = terms.iter().map(|(at, weight)| (get(at), *weight)).collect();
            statistics::weighted_scores(e, &terms, *intercept, *fraction_bits)
        }
    }
}

/// A local statistic of every column, as one vector. All columns have the rows of the task, so one divisor.
fn each<E: Engine>(
    e: &mut E,
    columns: &[&Vector<E::V>],
    statistic: impl Fn(&mut E, &Vector<E::V>) -> Result<Statistic<E::V>, E::Error>,
) -> Result<Statistic<E::V>, E::Error> {
    let all = columns.iter().map(|x| statistic(e, x)).collect::<Result<Vec<_>, _>>()?;
    let divisor = all.first().ok_or(Refusal::Empty { operation: "statistic" })?.divisor().clone();
    let values: Vec<_> = all.iter().map(Statistic::value).collect();
    Ok(Statistic::new(e.concat(&values)?, divisor))
}

/// What each number of an output belongs to: columns, or rows by number (in the order of the sorted ids).
#[must_use]
pub fn labels(task: &Task, computation: &Computation) -> Vec<String> {
    match computation {
        Computation::Sum(columns) | Computation::Mean(columns) => {
            columns.iter().map(|c| task.column_name(*c)).collect()
        }
        Computation::InnerProduct(columns, with)
        | Computation::Covariance(columns, with)
        | Computation::Correlation(columns, with) => {
            let with = task.column_name(*with);
            columns.iter().map(|c| format!("{} × {with}", task.column_name(*c))).collect()
        }
        Computation::WeightedScore { .. } => (1..=task.rows).map(|row| row.to_string()).collect(),
    }
}

/// What a task will do, from lengths and ranges alone; refused if a result might not fit the field.
pub fn plan(task: &Task) -> Result<Plan, Refusal> {
    let mut plan = Plan::new(task.parties.len(), task.field.capacity());
    let nothing = PerParty::from_fn(task.parties.len(), |_: PartyId| None);
    immediate(run(&mut plan, task, &nothing))?;
    Ok(plan)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data;
    use crate::report::TaskResult;
    use crate::task::FieldName;
    use field::{F128, Fr};
    use functions::{Plain, Tally};
    use std::collections::BTreeMap;
    use std::path::{Path, PathBuf};

    fn credit() -> (PathBuf, Task) {
        let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/credit");
        let task = Task::load(&directory.join("task.toml")).unwrap_or_else(|e| panic!("{e}"));
        (directory, task)
    }

    fn all_inputs(task: &Task) -> (Inputs, Vec<data::IdDigest>) {
        let mut inputs = PerParty::from_fn(task.parties.len(), |_| None);
        let mut digests = Vec::new();
        for (provider, source) in task.providers() {
            let read = data::read(task, source).unwrap_or_else(|e| panic!("{e}"));
            digests.push(read.id_digest);
            inputs[provider] = Some(read.columns);
        }
        (inputs, digests)
    }

    /// A column of a file by applicant, read without any of the code under test.
    fn column(directory: &Path, file: &str, name: &str) -> BTreeMap<String, f64> {
        let text = std::fs::read_to_string(directory.join(file)).expect("an example file");
        let mut lines = text.lines();
        let at = lines.next().and_then(|head| head.split(',').position(|c| c == name)).expect("a column");
        lines
            .map(|line| {
                let cells: Vec<&str> = line.split(',').collect();
                (cells[0].to_owned(), cells[at].parse().expect("a number"))
            })
            .collect()
    }

    fn correlation(x: &BTreeMap<String, f64>, y: &BTreeMap<String, f64>) -> f64 {
        let n = x.len() as f64;
        let mean = |v: &BTreeMap<String, f64>| v.values().sum::<f64>() / n;
        let (mx, my) = (mean(x), mean(y));
        let cross = |f: &dyn Fn(f64, f64) -> f64| x.iter().map(|(id, v)| f(v - mx, y[id] - my)).sum::<f64>();
        cross(&|a, b| a * b) / (cross(&|a, _| a * a) * cross(&|_, b| b * b)).sqrt()
    }

    #[test]
    fn the_credit_task_equals_doubles_and_known_values() {
        let (directory, mut task) = credit();
        let (inputs, digests) = all_inputs(&task);
        assert!(digests.iter().all(|d| *d == digests[0]), "the same applicants in every file");
        let shown = immediate(run(&mut Plain::<F128>::new(), &task, &inputs)).expect("fits");
        let result = TaskResult::new(&task, "bank", &shown, None);
        assert_eq!(result.outputs.len(), 1);

        // Computed from the source by an independent program.
        let known = [
            ("bank.duration_months", 0.2149266654),
            ("bank.amount_dm", 0.1547386411),
            ("bank.installment_rate", 0.0724039373),
            ("bank.residence_since", 0.0029671588),
            ("bank.age_years", -0.0911274093),
            ("bank.existing_credits", -0.0457324893),
            ("bank.people_liable", -0.0030148531),
            ("employer.employed_since", -0.1160020364),
            ("employer.job_level", 0.0327350014),
        ];
        let default = column(&directory, "bureau.csv", "default");
        assert_eq!(result.outputs[0].values.len(), known.len());
        for (value, (name, known)) in result.outputs[0].values.iter().zip(known) {
            assert_eq!(value.of, format!("{name} × bureau.default"));
            let (party, name) = name.split_once('.').expect("party.column");
            let doubles = correlation(&column(&directory, &format!("{party}.csv"), name), &default);
            assert!((doubles - known).abs() < 1e-9, "{name}: {doubles}");
            // Every input is off by at most 2^-21, and Σ|z| ≤ n.
            assert!((value.number - doubles).abs() < 2f64.powi(-20), "{name}: {} {doubles}", value.number);
            assert!((value.decimal.parse::<f64>().expect("a decimal") - value.number).abs() < 1e-10);
        }

        // Exactly the same integers over the other field.
        task.field = FieldName::Fr;
        assert_eq!(immediate(run(&mut Plain::<Fr>::new(), &task, &inputs)), Ok(shown));
    }

    #[test]
    fn the_plan_of_the_credit_task() {
        let (_, task) = credit();
        let plan = plan(&task).expect("fits");
        let tally = |calls, items| Tally { calls, items };
        assert_eq!(plan.inputs().clone().into_vec(), [tally(1, 7000), tally(1, 1000), tally(1, 2000)]);
        assert_eq!((plan.products(), plan.squares()), (tally(1, 9000), Tally::default()));
        assert_eq!(plan.outputs_to_all(), Tally::default());
        assert_eq!(plan.outputs_to().clone().into_vec(), [tally(1, 9), Tally::default(), Tally::default()]);
    }

    const EVERYTHING: &str = r#"
        session = "all computations"
        field = "fr"
        rows = 4
        [[party]]
        name = "b"
        address = "localhost:2"
        data = { file = "b.csv", id = "id", columns = [
            { name = "y", type = "decimal", range = ["-2.5", 3], fraction_bits = 10 },
            { name = "w", type = "decimal", range = [0, 1], fraction_bits = 3 } ] }
        [[party]]
        name = "a"
        address = "localhost:1"
        data = { file = "a.csv", id = "id", columns = [{ name = "x", type = "integer", range = [-10, 10] }] }
        [[output]]
        name = "sums"
        compute = "sum"
        columns = ["a.x", "b.*"]
        to = "all"
        [[output]]
        name = "score"
        compute = "weighted_score"
        columns = ["a.x", "b.y"]
        weights = [2, "-0.5"]
        intercept = "0.25"
        fraction_bits = 4
        to = ["a"]
        [[output]]
        name = "means"
        compute = "mean"
        columns = ["b.y", "a.x"]
        to = ["b", "a"]
        [[output]]
        name = "products"
        compute = "inner_product"
        columns = ["a.x", "b.w"]
        with = "b.y"
        to = "all"
        [[output]]
        name = "covariances"
        compute = "covariance"
        columns = ["b.*", "a.x"]
        with = "a.x"
        to = ["a"]
    "#;

    #[test]
    fn every_computation_end_to_end() {
        let directory = tempfile::tempdir().expect("a directory");
        let write = |name: &str, text: &str| std::fs::write(directory.path().join(name), text).expect("a file");
        write("a.csv", "id,x\nd,-3\na,10\nc,0\nb,5\n");
        write("b.csv", "y,id,ignored,w\n1.5,a,?,0.5\n-2.5,b,?,1\n3,c,?,0.25\n0.25,d,?,0\n");
        let task = Task::parse(EVERYTHING, &directory.path().join("task.toml")).unwrap_or_else(|e| panic!("{e}"));
        let (inputs, digests) = all_inputs(&task);
        assert_eq!(digests[0], digests[1]);
        let shown = immediate(run(&mut Plain::<Fr>::new(), &task, &inputs)).expect("fits");
        let (x, y, w) = ([10.0, 5.0, 0.0, -3.0], [1.5, -2.5, 3.0, 0.25], [0.5, 1.0, 0.25, 0.0]);
        let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
        let sum = |a: &[f64]| a.iter().sum::<f64>();
        let covariance = |a: &[f64], b: &[f64]| dot(a, b) / 4.0 - sum(a) * sum(b) / 16.0;
        let score = |i: usize| 2.0 * x[i] - 0.5 * y[i] + 0.25;
        let expected = [
            vec![sum(&x), sum(&y), sum(&w)],
            (0..4).map(score).collect(),
            vec![sum(&y) / 4.0, sum(&x) / 4.0],
            vec![dot(&x, &y), dot(&w, &y)],
            vec![covariance(&y, &x), covariance(&w, &x), covariance(&x, &x)],
        ];
        for (shown, expected) in shown.iter().zip(&expected) {
            let shown: Vec<f64> = shown.iter().flatten().map(Exact::to_f64).collect();
            assert_eq!(&shown, expected);
        }

        let ids = ["a", "b", "c", "d"].map(str::to_owned);
        let result = TaskResult::new(&task, "a", &shown, Some(&ids));
        assert_eq!(
            (result.outputs[1].values[3].of.as_str(), result.outputs[1].values[3].decimal.as_str()),
            ("d", "-5.875")
        );
        let json = result.to_json().expect("json");
        assert_eq!(serde_json::from_str::<TaskResult>(&json).expect("the same"), result);
        let text = result.to_text();
        assert!(text.contains("  a.x  12.00\n") && text.contains("b checks the ranges of y, w itself"), "{text}");
        // What is not shown to a party is absent, not empty.
        let hidden = TaskResult::new(&task, "b", &[shown[0].clone(), None, shown[2].clone(), None, None], None);
        assert_eq!(hidden.outputs.iter().map(|o| o.name.as_str()).collect::<Vec<_>>(), ["sums", "means"]);
    }

    #[test]
    fn the_wrong_data_do_not_run() {
        let (_, task) = credit();
        let nothing = PerParty::from_fn(3, |_| None);
        let refusal = immediate(run(&mut Plain::<F128>::new(), &task, &nothing)).expect_err("no data");
        assert_eq!(refusal, Refusal::NoValues { name: "bank.duration_months".into() });
    }
}
