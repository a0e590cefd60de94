use fairlane::{Error, NewJob, Result};

use crate::noun::{job, new_job, pushed};
use crate::outbox::answer;
use crate::packet::{Packet, Reader};
use crate::queue::{Call, Desk};

impl Desk {
    /// Pushes the jobs of neighbouring calls in one step. If they are refused together, each is
    /// pushed alone: a refusal has changed nothing, and concerns one of them only.
    pub(super) fn push(&self, run: &[Call<'_>]) -> Result<()> {
        let queue = self.queue()?;
        let read = |call: &Call<'_>| {
            let job = self.accepted(call.id, new_job::read(&mut call.arguments.clone()));
            job.map(|job| (call.id, job))
        };
        let (calls, jobs): (Vec<f64>, Vec<NewJob>) = run.iter().filter_map(read).unzip();
        if let ([call], 1) = (calls.as_slice(), jobs.len()) {
            self.push_alone(*call, jobs.into_iter().next());
            return Ok(());
        }
        match queue.push_many(jobs.clone()) {
            Ok(pushed) => self.outbox.post(|packet| {
                for (call, pushed) in calls.iter().zip(&pushed) {
                    answer(packet, *call, Ok(()), |packet| packet.number(pushed.id.0 as f64));
                }
            }),
            Err(error) if concerns_one(&error) => {
                for (call, job) in calls.into_iter().zip(jobs) {
                    self.push_alone(call, Some(job));
                }
            }
            // Nobody knows what a store did that failed: a push made again might make a second job.
            Err(error) => self.refuse(calls.into_iter(), &error),
        }
        Ok(())
    }

    fn push_alone(&self, call: f64, job: Option<NewJob>) {
        let pushed = self.queue().and_then(|queue| {
            job.map_or_else(|| Err(crate::refuse::packet()), |job| queue.push(job))
        });
        let (result, id) = match pushed {
            Ok(id) => (Ok(()), Some(id)),
            Err(error) => (Err(error), None),
        };
        self.outbox.reply(call, result, |packet| packet.number(job::maybe_id(id)));
    }

    pub(super) fn push_many(&self, arguments: &mut Reader<'_>, result: &mut Packet) -> Result<()> {
        let pushed = self.queue()?.push_many(new_job::read_many(arguments)?)?;
        result.number(pushed.len() as f64);
        for pushed in &pushed {
            pushed::write(result, pushed);
        }
        Ok(())
    }
}

/// Tells whether an error is about one of the jobs, and nothing was changed.
fn concerns_one(error: &Error) -> bool {
    use fairlane::ErrorCode::{InvalidArgument, PayloadTooLarge, QueueFull};
    matches!(error.code(), InvalidArgument | PayloadTooLarge | QueueFull)
}
