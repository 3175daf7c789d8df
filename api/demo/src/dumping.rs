//! One seller's habit: leads are left alone all week, and on Friday before six they go, one after the other, because
//! their tasks are overdue. "The customer does not answer", after three seconds.

use letopis_domain::activity::{CallOutcome, Direction};
use letopis_domain::task::CancelTask;

use super::scribe::DemoError;
use super::world::{Step, World};

/// How many leads have to pile up.
const PILE: usize = 11;

impl World {
    /// Friday, twenty past five.
    pub fn friday(&mut self, seller: usize) {
        if self.company.sellers[seller].has_left || self.company.sellers[seller].idle.len() < PILE {
            return;
        }
        let mut at = self.scribe.now();
        for lead in std::mem::take(&mut self.company.sellers[seller].idle) {
            at = at.plus_ms(self.chance.between(8_000, 35_000));
            self.queue(at, Step::Dump(seller, lead));
        }
    }

    /// One lead goes.
    pub fn dump(&mut self, seller: usize, lead: usize) -> Result<(), DemoError> {
        if !self.leads[lead].is_open || self.leads[lead].owner != seller {
            return Ok(());
        }
        if self.chance.percent(60) {
            let seconds = self.chance.between(2, 4);
            self.call(lead, Direction::Outbound, Some((CallOutcome::NoAnswer, seconds)))?;
        }
        self.reject(lead, "NO_ANSWER", Some("не берёт трубку"))?;
        if let Some(task) = self.leads[lead].task.take() {
            let actor = self.seller(seller);
            self.scribe.tell(Some(actor), CancelTask { task, comment: None })?;
        }
        if self.chance.percent(15) && !self.leads[lead].is_second_chance {
            self.later((2_000, 20_000), Step::ComeBack(lead));
        }
        Ok(())
    }
}
