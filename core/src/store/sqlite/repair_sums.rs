//! The last step of a repair: the sums that a queue keeps.

use rusqlite::params;

use crate::store::Repaired;
use crate::store::sqlite::call::Call;
use crate::store::sqlite::queue_row::{NEVER, number_of};
use crate::store::sqlite::step::Step;

impl Call<'_> {
    /// Sums up what the lanes say; they have been mended.
    pub(super) fn repair_sums(&mut self, found: &mut Repaired) -> Step<()> {
        let (first, last) = self.queue.job_range();
        let due = self.next_due_but_leases()?;
        let sums: [i64; 10] = self
            .sql
            .prepare_cached(
                "SELECT count(turn), ifnull(sum(ready), 0), ifnull(sum(delayed), 0),
                    ifnull(sum(blocked), 0), ifnull(sum(in_flight), 0), ifnull(max(start), 0),
                    ifnull(max(turn), 0),
                    (SELECT count(*) FROM fairlane_dead WHERE queue = ?1),
                    (SELECT ifnull(min(lease_until), ?4) FROM fairlane_place
                     WHERE rank = -1 AND job BETWEEN ?2 AND ?3),
                    (SELECT ifnull(max(id), ?2) FROM fairlane_job WHERE id BETWEEN ?2 AND ?3)
                 FROM fairlane_lane WHERE queue = ?1 AND id >= 0",
            )?
            .query_row(params![self.queue.id, first, last, NEVER], |row| {
                let mut sums = [0; 10];
                for (column, sum) in sums.iter_mut().enumerate() {
                    *sum = row.get(column)?;
                }
                Ok(sums)
            })?;
        let [ready_lanes, ready, delayed, blocked, in_flight, start, turn, dead, lease, job] = sums;
        let row = &mut self.queue;
        let next_job = number_of(job) as i64 + 1;
        let counts = &mut row.counts;
        for (held, right) in [
            (&mut row.ready_lanes, ready_lanes),
            (&mut counts.ready, ready),
            (&mut counts.delayed, delayed),
            (&mut counts.blocked, blocked),
            (&mut counts.in_flight, in_flight),
            (&mut row.dead, dead),
        ] {
            found.mended_sums += u64::from(*held != right);
            *held = right;
        }
        for (held, least) in
            [(&mut row.max_start, start), (&mut row.turns, turn), (&mut row.next_job, next_job)]
        {
            found.mended_sums += u64::from(*held < least);
            *held = least.max(*held);
        }
        for (held, most) in [(&mut row.due, due), (&mut row.lease_due, lease)] {
            found.mended_sums += u64::from(*held > most);
            *held = most.min(*held);
        }
        found.jobs += dead.unsigned_abs();
        Ok(())
    }
}
