//! The simulator's linear program. Unknown are the chances q(x*) of its inputs to the functionality, and w(x*, y, v, b):
//! that it sends x* and, having been told y, shows view class v and lets the honest parties in b have output. It sends
//! before it is told: Σ w(x*, y, ·, ·) = q(x*) for every y that may be told. Minimised is T, such that for every honest
//! input the distance Σ max(0, real − ideal) over what really happens is at most T. (Both worlds have probability one, so
//! that is half the sum of all differences.)

use std::collections::{BTreeMap, BTreeSet};

use num_bigint::BigInt;
use num_rational::BigRational;
use num_traits::{One, Signed, Zero};

use super::evidence::{Accepted, Distinguisher, Shown, Simulator};
use super::fraction::{Bytes, Fraction};
use super::problem::{Action, Events, Problem};
use super::program::Program;
use super::simplex::Solved;

/// One unknown w(x*, y, v, b).
struct Shows {
    corrupt: usize,
    told: Vec<u8>,
    action: Action,
    /// What one unit of it adds to the probability of each event.
    adds: Vec<(usize, BigRational)>,
}

/// The unknowns w of one input x*, by what is told. Of those that add the same to everything one is enough, and one that
/// adds nothing is needed only if there is no other.
fn answers(problem: &Problem, events: &Events, corrupt: usize) -> Vec<Vec<Shows>> {
    let unknowns = |(told, mut actions): (&[u8], BTreeMap<_, BTreeMap<_, _>>)| {
        if actions.is_empty() {
            actions.insert((0, 0), BTreeMap::new());
        }
        let mut known = BTreeSet::new();
        let shows = actions.into_iter().map(|(action, adds)| {
            let adds: Vec<_> = adds.into_iter().collect();
            Shows { corrupt, told: told.to_vec(), action, adds }
        });
        shows.filter(|s| known.insert(s.adds.clone())).collect()
    };
    problem.effects(events, corrupt).into_iter().map(unknowns).collect()
}

/// The program of one problem, with the meaning of its columns: T; the q; the w; for every event what is missing of it and
/// what there is too much of it; for every honest input how far its distance is below T.
pub(super) struct SimulatorProgram {
    /// The program.
    pub program: Program,
    events: Events,
    shows: Vec<Shows>,
    sends: usize,
}

impl SimulatorProgram {
    /// The program whose least cost is the figure.
    pub fn new(problem: &Problem) -> Self {
        let (events, sends, inputs) = (problem.events(), problem.ideal().corrupt_inputs(), problem.real().inputs());
        let groups: Vec<Vec<Vec<Shows>>> = (0..sends).map(|x| answers(problem, &events, x)).collect();
        // Rows: events, inputs, what is told to whom, the sum of q.
        let input_row = |i: usize| events.chances.len() + i;
        let first_told = input_row(inputs);
        let total = first_told + groups.iter().map(Vec::len).sum::<usize>();
        let mut rhs: Vec<_> = events.chances.iter().map(|(_, chance)| chance.clone()).collect();
        rhs.resize(total, BigRational::zero());
        rhs.push(BigRational::one());
        let (zero, one) = (BigRational::zero, BigRational::one);
        let mut program = Program::new(rhs);
        let limit = program.column(one(), (0..inputs).map(|i| (input_row(i), one())));
        let mut told = first_told;
        for group in &groups {
            let rows = told..told + group.len();
            told = rows.end;
            program.column(zero(), rows.map(|r| (r, -one())).chain([(total, one())]));
        }
        program.start.extend([limit, 1]);
        // A first solution: it sends input number 0 and always answers the same.
        let mut ideal = vec![zero(); events.chances.len()];
        for (row, shows) in groups.iter().flatten().enumerate() {
            for (k, s) in shows.iter().enumerate() {
                let column = program.column(zero(), s.adds.iter().cloned().chain([(first_told + row, one())]));
                if s.corrupt == 0 && k == 0 {
                    program.start.push(column);
                    s.adds.iter().for_each(|(event, chance)| ideal[*event] += chance);
                }
            }
        }
        let mut distance = vec![zero(); inputs];
        for (event, ((_, cell), real)) in events.chances.iter().enumerate() {
            let missing = program.column(zero(), [(event, one()), (input_row(cell.input), -one())]);
            let excess = program.column(zero(), [(event, -one())]);
            let difference = real - &ideal[event];
            if difference.is_positive() {
                program.start.push(missing);
                distance[cell.input] += difference;
            } else {
                program.start.push(excess);
            }
        }
        let farthest = (0..inputs).max_by(|a, b| distance[*a].cmp(&distance[*b]));
        for input in 0..inputs {
            let below = program.column(zero(), [(input_row(input), -one())]);
            program.start.extend((Some(input) != farthest).then_some(below));
        }
        let shows = groups.into_iter().flatten().flatten().collect();
        Self { program, events, shows, sends }
    }

    /// What the values of the columns say about the simulator.
    pub fn simulator(&self, values: &[BigRational]) -> Option<Simulator> {
        let (sends, answers) = values.get(1..)?.split_at_checked(self.sends)?;
        let sends = sends.iter().cloned().map(Fraction::new).collect::<Option<_>>()?;
        let shown = |(s, chance): (&Shows, &BigRational)| {
            let (told, chance) = (Bytes(s.told.clone()), Fraction::new(chance.clone())?);
            let (class, delivered) = s.action;
            Some(Shown { sends: s.corrupt, told, class, delivered, chance })
        };
        let shown = self.shows.iter().zip(answers).filter(|(_, chance)| !chance.is_zero()).map(shown);
        Some(Simulator { sends, shows: shown.collect::<Option<_>>()? })
    }

    /// What the reduced costs say about the distinguisher: what raising an input's distance costs is how often it is
    /// chosen, what an excess of an event costs is how often the event is accepted.
    pub fn distinguisher(&self, solved: &Solved) -> Option<Distinguisher> {
        let first = 1 + self.sends + self.shows.len();
        let (excess, below) = solved.reduced_costs.get(first..)?.split_at_checked(2 * self.events.chances.len())?;
        // T costs 1; what is not spent on distances is its own reduced cost. Without any effect, it goes to input 0.
        let spare = solved.reduced_costs.first()?;
        let one = below.iter().fold(spare.clone(), |sum, cost| sum + cost);
        let fraction = |cost: &BigInt| Fraction::new(BigRational::new(cost.clone(), one.clone()));
        let mut below = below.to_vec();
        *below.first_mut()? += spare;
        let prior = below.iter().map(fraction).collect::<Option<_>>()?;
        let costs = excess.iter().skip(1).step_by(2);
        let accepts = self.events.chances.iter().zip(costs).filter(|(_, cost)| !cost.is_zero());
        let accepts = accepts.map(|(((class, cell), _), cost)| {
            Some(Accepted { class: *class, input: cell.input, output: cell.output, chance: fraction(cost)? })
        });
        Some(Distinguisher { prior, accepts: accepts.collect::<Option<_>>()? })
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Abort, Functionality, Runs, TableError};
    use super::*;

    #[test]
    fn what_no_distance_costs_is_a_choice_of_input_too() -> Result<(), TableError> {
        let mut runs = Runs::new(2, 1);
        (0..2).try_for_each(|input| runs.add(input, Vec::new(), vec![None], 1))?;
        let nothing = Functionality::deterministic(1, 2, |_, _| (Vec::new(), vec![Vec::new()]))?;
        let problem = Problem::new(runs.finish()?, nothing, Abort::Selective)?;
        let program = SimulatorProgram::new(&problem);
        // Of T's cost 3/3, 2/3 are its own, 1/3 is that of the last column: the distance of input 1.
        let mut reduced_costs = vec![BigInt::zero(); program.program.columns.len()];
        (reduced_costs[0], *reduced_costs.last_mut().unwrap_or(&mut BigInt::zero())) = (2.into(), 1.into());
        let found = program.distinguisher(&Solved { values: Vec::new(), reduced_costs });
        let prior = found.map(|d| d.prior.iter().map(ToString::to_string).collect::<Vec<_>>());
        assert_eq!(prior, Some(vec!["2/3".to_string(), "1/3".to_string()]));
        Ok(())
    }
}
