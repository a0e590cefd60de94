//! Whose turn it is among the queues of one worker.

/// Gives slots to queues in proportion to their weights: the one that has had the least for its
/// weight is next. The rule of the lanes of a queue, in small.
#[derive(Debug)]
pub(super) struct Turns {
    /// What each queue has had, divided by its weight.
    had: Vec<f64>,
    weights: Vec<f64>,
    /// Whether each queue has jobs, as far as is known. One that is about to ask again counts as
    /// much as one that asks: else whoever is quicker would get the slots.
    busy: Vec<bool>,
    /// What the latest to be served had had: no queue hoards credit while it has no jobs.
    served: f64,
}

impl Turns {
    pub(super) fn new(weights: impl Iterator<Item = u32>) -> Self {
        let weights: Vec<_> = weights.map(f64::from).collect();
        let count = weights.len();
        // Of none is it known yet that it has no jobs: whose thread starts first shall have no advantage.
        Self { had: vec![0.0; count], weights, busy: vec![true; count], served: 0.0 }
    }

    /// Notes that a queue may have jobs.
    pub(super) fn ask(&mut self, place: usize) {
        if !self.busy[place] {
            self.busy[place] = true;
            self.had[place] = self.had[place].max(self.served);
        }
    }

    /// Notes that a queue has no jobs for now, or cannot tell.
    pub(super) fn rest(&mut self, place: usize) {
        self.busy[place] = false;
    }

    /// Tells whether it is a queue's turn.
    pub(super) fn is_next(&self, place: usize) -> bool {
        let busy = (0..self.had.len()).filter(|other| self.busy[*other]);
        busy.min_by(|a, b| self.had[*a].total_cmp(&self.had[*b])) == Some(place)
    }

    /// Tells whether there are no other queues.
    pub(super) fn is_alone(&self) -> bool {
        self.had.len() == 1
    }

    /// Gives how many of so many slots a queue may take, by the weights of those that may have jobs;
    /// one at least.
    pub(super) fn share(&self, place: usize, slots: usize) -> usize {
        let busy = self.weights.iter().zip(&self.busy).filter(|(_, busy)| **busy);
        let all: f64 = busy.map(|(weight, _)| weight).sum();
        let share = slots as f64 * self.weights[place] / all.max(self.weights[place]);
        (share.ceil() as usize).clamp(1, slots)
    }

    /// Charges a queue for slots.
    pub(super) fn charge(&mut self, place: usize, slots: usize) {
        self.served = self.served.max(self.had[place]);
        self.had[place] += slots as f64 / self.weights[place];
    }

    /// Takes the charge for slots back that were not used.
    pub(super) fn refund(&mut self, place: usize, slots: usize) {
        self.had[place] -= slots as f64 / self.weights[place];
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Serves one of those who ask.
    fn serve(turns: &mut Turns, who: &[usize]) -> usize {
        who.iter().for_each(|place| turns.ask(*place));
        let place = *who.iter().find(|place| turns.is_next(**place)).unwrap();
        turns.charge(place, 2);
        turns.refund(place, 1);
        place
    }

    fn count_of_first(turns: &mut Turns, rounds: usize) -> usize {
        (0..rounds).filter(|_| serve(turns, &[0, 1]) == 0).count()
    }

    #[test]
    fn who_asks_first_does_not_begin_before_those_who_are_about_to_ask() {
        let mut turns = Turns::new([1, 3].into_iter());
        assert_eq!(serve(&mut turns, &[0]), 0);
        assert!(!turns.is_next(0), "the other has had nothing, and may have jobs");
        turns.rest(1);
        assert!(turns.is_next(0));
    }

    #[test]
    fn slots_are_given_by_weight_and_no_credit_is_hoarded() {
        let mut turns = Turns::new([1, 3].into_iter());
        assert_eq!(count_of_first(&mut turns, 400), 100);
        // The first is silent for a while; then it gets its share, and not what it has missed.
        turns.rest(0);
        for _ in 0..400 {
            serve(&mut turns, &[1]);
        }
        let share = count_of_first(&mut turns, 400);
        assert!((99..=101).contains(&share), "{share} of 400");
    }
}
