//! The best attack of all on tiny fields: whatever a coalition may say, each time knowing all it has seen.

use adversary::exact::At;
use adversary::fields::FieldId;
use spec::ExitCode;

use super::{Done, failed, print};
use crate::arguments::{Search, Tier};
use crate::evidence::formula;
use crate::progress::Progress;
use crate::registry::Registry;
use crate::search::{best, playable};
use crate::text::table;

/// Searches.
pub fn run(args: &Search, registry: &Registry<'_>) -> Done {
    let protocol = registry.find(&args.protocol).map_err(failed(ExitCode::Usage))?;
    let internal = failed(ExitCode::Internal);
    let parts = protocol.parts.iter().filter(|_| protocol.claim.parties.contains(2));
    let parts: Vec<_> = parts.filter_map(|s| playable(*s, Tier::Standard).map(|(f, fields)| (*s, f, fields))).collect();
    if parts.is_empty() {
        let why = "it needs two parties of which the corrupt one has no input, and an output for the honest one";
        return Err(failed(ExitCode::Inconclusive)(format!("`{}` cannot be played through: {why}", args.protocol)));
    }
    let mut progress = Progress::new(args.silent, parts.len(), parts.len() as u64);
    let (mut rows, mut exceeded) = (Vec::new(), false);
    for (subject, formula, fields) in parts {
        progress.begins(subject.name());
        let wanted: Vec<FieldId> = args.field.map_or_else(|| fields.to_vec(), |f| vec![f]);
        for field in wanted {
            let found = best(subject, field).map_err(|e| failed(ExitCode::Usage)(e.to_string()))?;
            let bound = formula::value(&formula, At::Field(field.small_order().unwrap_or(0))).map_err(&internal)?;
            exceeded |= found.probability > bound;
            let cells = [subject.name().to_owned(), field.to_string(), found.probability.to_string(), formula.clone()];
            let counts = [
                bound.to_string(),
                found.decisions.to_string(),
                found.strategy.len().to_string(),
                found.runs.to_string(),
            ];
            rows.push(cells.into_iter().chain(counts).collect());
        }
        progress.ends(1, 1);
    }
    drop(progress);
    let head = ["protocol", "field", "best", "bound", "is", "decisions", "views", "runs"];
    print(&table(&head, &rows))?;
    Ok(if exceeded { ExitCode::Fail } else { ExitCode::Pass })
}
