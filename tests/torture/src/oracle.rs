//! What the clients were told: kept outside the data folder, and never forgotten.

use letopis_domain::ids::SubjectId;
use rustc_hash::{FxHashMap, FxHashSet};

use crate::plan::Plan;

/// Everything that clients of one folder asked for and were answered.
#[derive(Clone, Debug, Default)]
pub struct Oracle {
    /// First and last position of every acknowledged request.
    pub acknowledged: FxHashMap<String, (u64, u64)>,
    /// Their ids in the order of the answers.
    pub order: Vec<String>,
    /// Requests that were begun. Those that were not answered may be there or not.
    pub tried: FxHashSet<String>,
    /// Requests that came too late. They must not be there.
    pub conflicted: FxHashSet<String>,
    /// Persons of whom was said that they are erased.
    pub refused_as_erased: FxHashSet<SubjectId>,
    /// What nothing but a bad disk excuses: keys that could not be made, checkpoints that could not be kept.
    pub excused: Vec<String>,
    /// Checkpoints that left the log: how many records, and the root.
    pub checkpoints: FxHashSet<(u64, String)>,
    /// Answers to "up to which position was it recorded at this instant?".
    pub instants: Vec<(i64, u64)>,
    /// Reasons why the log took no more writes.
    pub refusals: Vec<String>,
    /// Answers that contradict each other, and other things that must not be said.
    pub complaints: Vec<String>,
    /// Requests of the last run that were begun and not answered.
    pub unanswered: Vec<String>,
}

/// How a run of the writer ended, by its own words.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum End {
    /// It said nothing.
    #[default]
    Silent,
    /// It closed the log cleanly.
    Closed,
    /// It could not.
    Unclosed,
    /// It could not open the log.
    Unopened,
}

impl Oracle {
    /// Takes in what one run said, and tells how it ended.
    pub fn hear(&mut self, lines: impl Iterator<Item = String>, mut each: impl FnMut(usize)) -> (End, String) {
        let mut end = (End::Silent, String::new());
        let mut open: FxHashSet<String> = FxHashSet::default();
        let mut answers = 0;
        for line in lines {
            let mut words = line.splitn(2, ' ');
            let (word, rest) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
            match word {
                "try" => {
                    self.tried.insert(rest.to_owned());
                    open.insert(rest.to_owned());
                }
                "ack" | "repeated" => {
                    self.answered(rest, word == "repeated", &mut open);
                    answers += 1;
                }
                "conflict" => {
                    open.remove(rest);
                    self.not_taken(rest);
                }
                "erased" | "unkeyed" => {
                    let (id, what) = rest.split_once(' ').unwrap_or((rest, ""));
                    open.remove(id);
                    self.not_taken(id);
                    if word == "unkeyed" {
                        self.excused.push(what.to_owned());
                    } else {
                        self.refused_as_erased.extend(what.parse().ok().map(SubjectId));
                    }
                }
                "unkept" => self.excused.push(rest.to_owned()),
                "checkpoint" => {
                    let (size, root) = rest.split_once(' ').unwrap_or_default();
                    self.checkpoints.extend(size.parse().ok().map(|size| (size, root.to_owned())));
                }
                "asof" => self.instants.extend(numbers(rest).map(|[at, position]| (at, position.unsigned_abs()))),
                "refused" => self.refusals.push(rest.to_owned()),
                "error" => self.complaints.push(rest.to_owned()),
                "closed" => end = (End::Closed, String::new()),
                "unclosed" => end = (End::Unclosed, rest.to_owned()),
                "unopened" => end = (End::Unopened, rest.to_owned()),
                _ => {}
            }
            each(answers);
        }
        self.unanswered = open.into_iter().collect();
        self.unanswered.sort();
        end
    }

    fn answered(&mut self, rest: &str, is_repeated: bool, open: &mut FxHashSet<String>) {
        let Some((id, places)) = rest.split_once(' ') else { return };
        let Some([first, last]) = numbers(places) else { return };
        open.remove(id);
        let places = (first.unsigned_abs(), last.unsigned_abs());
        match self.acknowledged.get(id) {
            Some(before) if *before != places => {
                self.complaints.push(format!("{id} was acknowledged at {before:?} and then at {places:?}"));
            }
            Some(_) if !is_repeated => self.complaints.push(format!("{id} was acknowledged twice")),
            Some(_) => {}
            None => {
                self.order.push(id.to_owned());
                self.acknowledged.insert(id.to_owned(), places);
            }
        }
    }

    /// All parts of an append are taken or none.
    fn not_taken(&mut self, id: &str) {
        let parts = id.parse::<Plan>().map(|plan| plan.parts().map(|part| part.id()).collect());
        for id in parts.unwrap_or_else(|_| vec![id.to_owned()]) {
            if self.acknowledged.contains_key(&id) {
                self.complaints.push(format!("{id} was acknowledged, and is not taken when it is repeated"));
            }
            self.conflicted.insert(id);
        }
    }

    /// Everyone whose erasure was acknowledged.
    pub fn erased(&self) -> FxHashSet<SubjectId> {
        let plans = self.order.iter().filter(|id| id.starts_with('e')).filter_map(|id| id.parse::<Plan>().ok());
        plans.flat_map(|plan| plan.erases()).collect()
    }
}

fn numbers(text: &str) -> Option<[i64; 2]> {
    let (first, second) = text.split_once(' ')?;
    Some([first.parse().ok()?, second.parse().ok()?])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn heard(lines: &[&str]) -> Oracle {
        let mut oracle = Oracle::default();
        oracle.hear(lines.iter().map(|line| (*line).to_owned()), |_| {});
        oracle
    }

    #[test]
    fn answers_that_contradict_each_other_are_complained_about() {
        assert!(heard(&["try a", "ack a 1 2", "repeated a 1 2"]).complaints.is_empty());
        assert_eq!(heard(&["try a", "ack a 1 2", "repeated a 1 3"]).complaints.len(), 1);
        assert_eq!(heard(&["try a", "ack a 1 2", "conflict a"]).complaints.len(), 1);
        assert_eq!(heard(&["try a", "try b", "ack a 1 2"]).unanswered, ["b"]);
    }
}
