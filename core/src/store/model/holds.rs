//! Holds of keys.

use crate::clock::Millis;
use crate::store::model::state::{Holding, State};
use crate::store::{Held, NewHold};

impl State {
    pub(super) fn hold(&mut self, hold: NewHold, lease: Millis) -> bool {
        if let Some(held) = self.holds.get(&hold.key).filter(|held| held.ends_at > self.now) {
            return held.owner == hold.owner;
        }
        let kept_until = self.now + hold.backoff;
        let ends_at = kept_until.max(self.now + lease);
        self.holds.insert(hold.key, Holding { owner: hold.owner, kept_until, ends_at });
        true
    }

    pub(super) fn keep(&mut self, held: &Held, lease: Millis) -> bool {
        let now = self.now;
        let Some(holding) = self.holding(held) else {
            return false;
        };
        holding.ends_at = holding.kept_until.max(now + lease);
        true
    }

    pub(super) fn let_go(&mut self, held: &Held, is_done: bool) {
        let now = self.now;
        if let Some(holding) = self.holding(held) {
            holding.ends_at = if is_done { holding.kept_until } else { now };
        }
    }

    fn holding(&mut self, held: &Held) -> Option<&mut Holding> {
        let now = self.now;
        let is_meant =
            |holding: &&mut Holding| holding.owner == held.owner && holding.ends_at > now;
        self.holds.get_mut(&held.key).filter(is_meant)
    }
}
