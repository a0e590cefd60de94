//! Background work, of which the scenario says when each call returns.

use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use fairlane::{BackgroundOptions, BackgroundProcessor, Queue, Result};

use super::line::Line;
use super::run::Run;
use super::show::Answer;
use super::text::{decode, value};

/// How long a call may take to begin, and a processor to end.
const PATIENCE: Duration = Duration::from_secs(30);

/// A processor whose calls return one by one, as they are told to.
pub(super) struct Background {
    processor: BackgroundProcessor<Vec<u8>>,
    begun: Receiver<Vec<u8>>,
    finish: Sender<()>,
}

impl Background {
    pub fn new(queue: &Queue, line: &mut Line<'_>) -> Result<Self> {
        let plain = BackgroundOptions::default();
        let options = BackgroundOptions {
            concurrency: line.count("concurrency").unwrap_or(plain.concurrency),
            lease: line.duration("lease")?.unwrap_or(plain.lease),
            pause: line.duration("pause")?.unwrap_or(plain.pause),
            fail_open: line.truth("fail_open").unwrap_or(plain.fail_open),
            ..plain
        };
        let (tell, begun) = channel();
        let (finish, finished) = channel();
        let finished = Arc::new(Mutex::new(finished));
        let processor = BackgroundProcessor::with_options(queue, options, move |arg| {
            // Both end with the scenario, and the call with them.
            let _ = tell.send(arg);
            let _ = finished.lock().expect("not poisoned").recv();
        })?;
        Ok(Self { processor, begun, finish })
    }

    fn call(&self, line: &mut Line<'_>) -> Result<Answer> {
        Ok(match line.verb {
            "work" => {
                let key = line.text("key").expect("key");
                let backoff = line.duration("remote_backoff")?.expect("remote_backoff");
                let arg = decode(line.raw("arg").expect("arg"));
                Answer::of(self.processor.schedule(&key, backoff, arg)?)
            }
            "begun" => Answer::of(value(self.begun.recv_timeout(PATIENCE).expect("a call"))),
            "finish" => {
                self.finish.send(()).expect("a call");
                Answer::ok()
            }
            "queue_length" => Answer::of(self.processor.queue_length()),
            "bump_remote_dedup_key" => {
                self.processor.bump_remote_dedup_key()?;
                Answer::ok()
            }
            "end" => {
                let drain = line.truth("drain").unwrap_or(true);
                let timeout = line.duration("timeout")?.unwrap_or(PATIENCE);
                Answer::of(self.processor.close(drain, timeout))
            }
            verb => panic!("unknown verb {verb:?}"),
        })
    }
}

impl Run<'_> {
    /// Calls a verb of a processor, if the name that stands in `of` is that of one.
    pub(super) fn call_background(&mut self, line: &mut Line<'_>) -> Option<Result<Answer>> {
        let background = self.backgrounds.get(line.peek("of")?)?;
        line.raw("of");
        Some(background.call(line))
    }
}
