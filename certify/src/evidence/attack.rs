//! A named attack.

use std::collections::BTreeMap;

use adversary::attack::Control;
use adversary::verdict::{Attacked, attacked};
use adversary::{Attack, Judgement, Outcome, Verdict};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Mismatch;
use crate::log::{Entry, Found, Unit};

/// What came of a named attack.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Row {
    /// Its name.
    pub id: String,
    /// A few words.
    pub title: String,
    /// What the coalition does.
    pub does: String,
    /// Where it was described.
    pub reference: String,
    /// The protocol page it attacks.
    pub layer: String,
    /// What must come of it.
    pub expected: Expected,
    /// The check that must stop it, if one must.
    pub stopped_by: Option<String>,
    /// What the control changes, or why there is none.
    pub control: String,
    /// Whether there is a control.
    pub controlled: bool,
    /// Runs against the shipped code.
    pub runs: u64,
    /// Numbers of those that the enemy won: each is replayed from the root of all seeds.
    pub won: Vec<u64>,
    /// Those that an honest party stopped, by check.
    pub stopped: BTreeMap<String, u64>,
    /// Those that ended with the right output.
    pub right: u64,
    /// Those that ended in silence.
    pub gave_up: u64,
    /// Those in which a rule never fired or changed nothing.
    pub idle: u64,
    /// Runs of the control.
    pub control_runs: u64,
    /// Of these, those that the enemy won.
    pub control_won: u64,
}

/// What must come of an attack.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Expected {
    /// A check stops it, every time.
    #[default]
    Stopped,
    /// It does no harm: every honest party has the right output.
    Harmless,
    /// No honest party has an output, and nobody is accused.
    NoOutput,
}

impl Row {
    /// The row of an attack before its first run.
    #[must_use]
    pub fn of(a: &Attack) -> Self {
        Self {
            id: a.id.into(),
            title: a.title.into(),
            does: a.does.into(),
            reference: a.reference.into(),
            layer: a.layer.into(),
            expected: match a.expected {
                adversary::attack::Expected::Stopped(_) => Expected::Stopped,
                adversary::attack::Expected::Harmless => Expected::Harmless,
                adversary::attack::Expected::NoOutput => Expected::NoOutput,
            },
            stopped_by: a.expected.check().map(|c| c.id.into()),
            control: a.control.to_string(),
            controlled: !matches!(a.control, Control::None(_)),
            ..Self::default()
        }
    }
    /// Counted anew.
    pub fn recounted(&self, entries: &[&Entry]) -> Result<Self, Mismatch> {
        let mut row = Self { won: Vec::new(), stopped: BTreeMap::new(), ..self.clone() };
        (row.runs, row.right, row.gave_up, row.idle, row.control_runs, row.control_won) = (0, 0, 0, 0, 0, 0);
        for e in entries {
            let Unit::Attack { run, control } = e.unit else { return Err(format!("{}: no run of an attack", self.id)) };
            row.count(run, control, &e.found)?;
        }
        Ok(row)
    }
    /// Counts one more run.
    pub fn count(&mut self, run: u64, control: bool, found: &Found) -> Result<(), Mismatch> {
        if control {
            self.control_runs += 1;
            self.control_won += u64::from(matches!(found, Found::Wrong(_)));
            return Ok(());
        }
        self.runs += 1;
        match found {
            Found::Wrong(_) => self.won.push(run),
            Found::Stopped(check) => *self.stopped.entry(check.clone()).or_default() += 1,
            Found::Right => self.right += 1,
            Found::GaveUp => self.gave_up += 1,
            Found::Idle => self.idle += 1,
            other => return Err(format!("{}: an attack does not end as {other:?}", self.id)),
        }
        Ok(())
    }
    /// How many runs ended as they must.
    #[must_use]
    pub fn as_expected(&self) -> u64 {
        match self.expected {
            Expected::Stopped => self.stopped.get(self.stopped_by.as_deref().unwrap_or("")).copied().unwrap_or(0),
            Expected::Harmless => self.right,
            Expected::NoOutput => self.gave_up,
        }
    }
    /// Whether it shows what this check is for: the check stops it, and where only that is off it wins. Where a control
    /// changes something else the check is still on, so it may not matter.
    #[must_use]
    pub fn shows(&self, check: &str) -> bool {
        self.controlled && self.control == Control::CheckOff.to_string() && self.stopped_by.as_deref() == Some(check)
    }
    /// The verdict on its runs against the shipped code, whatever came of a control.
    #[must_use]
    pub fn verdict_on_shipped(&self) -> Verdict {
        Self { controlled: false, control_runs: 0, control_won: 0, ..self.clone() }.verdict()
    }
    /// The verdict.
    #[must_use]
    pub fn verdict(&self) -> Verdict {
        // The right output and silence are evidence only where they are what must come of it.
        let quiet = match self.expected {
            Expected::Stopped => self.right.saturating_add(self.gave_up),
            Expected::Harmless => self.gave_up,
            Expected::NoOutput => self.right,
        };
        attacked(&Attacked {
            runs: self.runs,
            won: self.won.len() as u64,
            stopped: self.as_expected(),
            idle: self.idle.saturating_add(quiet),
            control_runs: self.control_runs,
            control_won: self.control_won,
            controlled: self.controlled,
        })
    }
}

/// A run as the log tells it. An attack that wins without all of its rules has won, but shows nothing in a control.
#[must_use]
pub fn found(outcome: &Outcome, control: bool) -> Found {
    match &outcome.judgement {
        Judgement::Won(win) if outcome.effective || !control => Found::Wrong(win.to_string()),
        _ if !outcome.effective => Found::Idle,
        Judgement::Won(win) => Found::Wrong(win.to_string()),
        Judgement::Right => Found::Right,
        Judgement::GaveUp => Found::GaveUp,
        Judgement::Stopped(abort) => Found::Stopped(abort.check.id.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use adversary::scratch::Flaw;

    #[test]
    fn a_check_is_shown_by_the_control_that_switches_it_off_alone() {
        let shows = |control: Control, check: &str| {
            let (control, stopped_by) = (control.to_string(), Some("mac.check".into()));
            Row { controlled: true, control, stopped_by, ..Row::default() }.shows(check)
        };
        assert!(shows(Control::CheckOff, "mac.check") && !shows(Control::CheckOff, "mac.output"));
        for other in [Control::Flaw(Flaw::UnitCoin), Control::Scratch("nobody commits"), Control::None("harmless")] {
            assert!(!shows(other, "mac.check"), "{other}");
        }
    }
}
