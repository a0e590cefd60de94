//! The verbs of a queue.

use std::time::Duration;

use fairlane::clock::duration;
use fairlane::given;
use fairlane::{
    DEFAULT_LANE, DEFAULT_LEASE, DEFAULT_RESULT_TTL, FailedFilter, Job, JobInfo, JobResult,
    LimitsChange, Queue, Result,
};

use super::line::Line;
use super::run::Run;
use super::schedules;
use super::show::{self, Answer, Show};
use super::text::{decode, value};

/// How many dead jobs are listed where none are asked for, as in every other host.
const DEFAULT_FAILED: usize = 100;

impl Run<'_> {
    /// Calls a verb of a queue, if it is one.
    pub(super) fn call(
        &mut self,
        queue: &Queue,
        handle: &str,
        line: &mut Line<'_>,
    ) -> Result<Option<Answer>> {
        let answer = match line.verb {
            "push" | "push_many" => self.produce(queue, handle, line)?,
            "pop" | "pop_many" => self.pop(queue, handle, line)?,
            "mark_complete" | "release" | "retry" | "fail" | "extend" => self.end(queue, line)?,
            "mark_complete_many" => {
                let (tokens, ttl) = (self.tokens(line)?, line.span("result_ttl")?);
                self.show(handle).each(match line.list("results") {
                    None => queue.mark_complete_many(&tokens)?,
                    Some(results) => {
                        let value = |text| (text != "none").then(|| decode(text));
                        let results = results.into_iter().map(value).collect();
                        let ttl = ttl.unwrap_or(DEFAULT_RESULT_TTL);
                        let completions = given::completions(tokens, results, ttl)?;
                        queue.mark_complete_many_with(completions)?
                    }
                })
            }
            "extend_many" => {
                let (tokens, lease) = (self.tokens(line)?, lease(line)?);
                self.show(handle).each(queue.extend_many(&tokens, lease)?)
            }
            "get" | "result" | "peek" | "failed" | "cancel" | "restore_failed" | "clean_failed" => {
                self.look(queue, handle, line)?
            }
            "schedule" | "unschedule" | "schedules" => {
                return schedules::call(queue, line, &self.names);
            }
            _ => return self.manage(queue, line).transpose(),
        };
        Ok(Some(answer))
    }

    fn produce(&mut self, queue: &Queue, handle: &str, line: &mut Line<'_>) -> Result<Answer> {
        let names = line.list("as").unwrap_or_default();
        if line.verb == "push" {
            let id = queue.push(self.job(line)?)?;
            self.names.bind_ids(handle, &names, &[id]);
            return Ok(Answer::of(self.show(handle).id(id)));
        }
        let pushed = queue.push_many(self.take_jobs()?)?;
        let ids: Vec<_> = pushed.iter().map(|pushed| pushed.id).collect();
        self.names.bind_ids(handle, &names, &ids);
        Ok(Answer::list(&pushed, |pushed| self.show(handle).pushed(pushed)))
    }

    fn pop(&mut self, queue: &Queue, handle: &str, line: &mut Line<'_>) -> Result<Answer> {
        let names = line.list("as").unwrap_or_default();
        let wait = line.duration("wait")?.unwrap_or_default();
        let lease = lease(line)?;
        let jobs: Vec<Job> = match line.verb {
            "pop" => queue.pop(wait, lease)?.into_iter().collect(),
            _ => queue.pop_many(line.count("n").expect("n"), wait, lease)?,
        };
        let tokens: Vec<_> = jobs.iter().map(|job| job.token).collect();
        self.names.bind_tokens(handle, &names, &tokens);
        let show = |job: &Job| self.show(handle).job(job);
        Ok(match line.verb {
            "pop" => Answer::maybe(jobs.first().map(show)),
            _ => Answer::list(&jobs, show),
        })
    }

    fn end(&mut self, queue: &Queue, line: &mut Line<'_>) -> Result<Answer> {
        // Those of a call that ends a delivery in another way are left to the next one.
        let then = if line.verb == "mark_complete" { self.take_jobs()? } else { Vec::new() };
        let token = self.names.resolve(line.raw("token").expect("token")).parse()?;
        let error = |line: &mut Line<'_>| line.text("error").unwrap_or_default();
        match line.verb {
            "mark_complete" => {
                let ttl = line.span("result_ttl")?.unwrap_or(DEFAULT_RESULT_TTL);
                let value = line.raw("result").map(decode);
                let result = value.map(|value| JobResult { value, ttl });
                queue.mark_complete_with(&token, then, result)?;
            }
            "release" => queue.release(&token, line.duration("delay")?.unwrap_or_default())?,
            "retry" => queue.retry(&token, &error(line), line.duration("delay")?)?,
            "fail" => queue.fail(&token, &error(line))?,
            _ => queue.extend(&token, lease(line)?)?,
        }
        Ok(Answer::ok())
    }

    fn look(&self, queue: &Queue, handle: &str, line: &mut Line<'_>) -> Result<Answer> {
        let show = |job: &JobInfo| self.show(handle).info(job);
        let id = line.raw("id").map(|id| self.names.resolve(id).parse()).transpose()?;
        Ok(match line.verb {
            "get" => Answer::maybe(queue.get(id.expect("id"))?.as_ref().map(show)),
            "result" => {
                let wait = line.duration("wait")?.unwrap_or_default();
                Answer::maybe(queue.result(id.expect("id"), wait)?.map(value))
            }
            "cancel" => Answer::of(queue.cancel(id.expect("id"))?),
            "peek" => {
                let lane = line.text("lane").unwrap_or_else(|| DEFAULT_LANE.to_owned());
                Answer::list(&queue.peek(&lane, line.count("n").unwrap_or(1))?, show)
            }
            "failed" => {
                Answer::list(&queue.failed(line.count("n").unwrap_or(DEFAULT_FAILED))?, show)
            }
            "restore_failed" => Answer::of(queue.restore_failed(self.filter(line)?)?),
            _ => Answer::of(queue.clean_failed(self.filter(line)?)?),
        })
    }

    fn filter(&self, line: &mut Line<'_>) -> Result<FailedFilter> {
        let id = |id: &str| self.names.resolve(id).parse();
        Ok(match (line.list("ids"), line.text("lane")) {
            (Some(_), Some(_)) => return Err(given::both("ids", "lane")),
            (Some(ids), None) => FailedFilter::Ids(ids.into_iter().map(id).collect::<Result<_>>()?),
            (None, Some(lane)) => FailedFilter::Lane(lane),
            (None, None) => FailedFilter::All,
        })
    }

    /// Calls what needs no names.
    fn manage(&mut self, queue: &Queue, line: &mut Line<'_>) -> Option<Result<Answer>> {
        let done = |result: Result<()>| result.map(|()| Answer::ok());
        let lane = line.text("lane");
        let lane = lane.as_deref();
        Some(match line.verb {
            "close" => {
                queue.close();
                Ok(Answer::ok())
            }
            "name" => Ok(Answer::text(queue.name())),
            "set_limits" => done(limits(line).and_then(|change| queue.set_limits(lane, change))),
            "pause" => done(queue.pause(lane)),
            "resume" => done(queue.resume(lane)),
            "throttle" => match line.span_as("duration", "throttle") {
                Ok(time) => done(queue.throttle(lane, duration(time.expect("duration")))),
                Err(error) => Err(error),
            },
            "dethrottle" => queue.dethrottle().map(|swept| Answer::of(show::swept(&swept))),
            "repair" => queue.repair().map(|repaired| Answer::of(show::repaired(&repaired))),
            "start_dethrottler" => self.start_dethrottler(queue, line),
            "stats" => queue.stats().map(|stats| Answer::of(show::stats(&stats))),
            "size" => queue.size(lane).map(Answer::of),
            "lanes" => queue.lanes().map(|lanes| Answer::list(&lanes, show::lane)),
            "lane" => {
                let name = line.text("name").expect("name");
                queue.lane(&name).map(|lane| Answer::maybe(lane.as_ref().map(show::lane)))
            }
            "purge" => queue.purge(lane).map(Answer::of),
            "bump_keys" => done(queue.bump_keys()),
            _ => return None,
        })
    }

    fn start_dethrottler(&mut self, queue: &Queue, line: &mut Line<'_>) -> Result<Answer> {
        let interval = line.duration("interval")?.expect("interval");
        let dethrottler = queue.start_dethrottler(interval)?;
        self.dethrottlers.insert(line.raw("as").expect("a name").to_owned(), dethrottler);
        Ok(Answer::ok())
    }

    fn show<'s>(&'s self, handle: &'s str) -> Show<'s> {
        Show { names: &self.names, handle }
    }
}

fn limits(line: &mut Line<'_>) -> Result<LimitsChange> {
    Ok(LimitsChange {
        rate: line.rate()?,
        max_in_flight: line.number("max_in_flight"),
        weight: line.number("weight"),
        max_waiting: line.number("max_waiting"),
    })
}

fn lease(line: &mut Line<'_>) -> Result<Duration> {
    Ok(line.duration("lease")?.unwrap_or_else(|| duration(DEFAULT_LEASE)))
}
