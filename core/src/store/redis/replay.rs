//! Verbs for hosts with a client that cannot be waited for, such as one that answers by a promise.
//!
//! A verb of [`Queue`] is blocking code, but beside its arguments it follows from the server's
//! replies alone. So an [`Exchange`] runs it from its start with the replies that have come; the
//! first request that has none ends the run and is for the host to send. With its reply the verb is
//! run again and gets one request further. What is checked, asked and read is thus written once for
//! all carriers, and no request is sent by two runs. The price is that the work between requests is
//! done again; most verbs need one request, the others two.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::error::{Error, ErrorCode, Result};
use crate::options::QueueOptions;
use crate::queue::Queue;
use crate::store::redis::RedisStore;
use crate::store::redis::carrier::{Carrier, Place};
use crate::store::redis::protocol::{Reply, Request};

/// What an [`Exchange`] needs next.
#[derive(Debug)]
pub enum Step<T> {
    /// The answer to this request: see [`Exchange::answer`].
    Send(Request),
    /// Nothing more.
    Done(Result<T>),
}

/// One verb on its way, with what has been answered so far.
pub struct Exchange<V> {
    queue: Queue,
    store: Arc<RedisStore<Tape>>,
    tape: Tape,
    verb: V,
}

impl<V> Exchange<V> {
    /// Begins a verb on the queue of that name. The verb may be run any number of times, and must
    /// do the same each time.
    ///
    /// # Errors
    /// `InvalidArgument` if the name or an option is not accepted.
    pub fn new(name: &str, options: &QueueOptions, verb: V) -> Result<Self> {
        let tape = Tape::default();
        let store = Arc::new(RedisStore::on(tape.clone(), name, options));
        let queue = Queue::on(Arc::clone(&store) as _, name, options)?;
        Ok(Self { queue, store, tape, verb })
    }

    /// Runs the verb as far as the answers reach.
    pub fn advance<T>(&mut self) -> Step<T>
    where
        V: FnMut(&Queue, &RedisStore<Tape>) -> Result<T>,
    {
        self.tape.rewind();
        let result = (self.verb)(&self.queue, &self.store);
        // The verb may have made do without the answer: what was asked is sent all the same.
        match self.tape.asked() {
            Some(request) => Step::Send(request),
            None => Step::Done(result),
        }
    }

    /// Gives the answer to the request that [`Exchange::advance`] gave last.
    pub fn answer(&mut self, answer: Result<Reply>) {
        self.tape.record(answer);
    }
}

/// The carrier of a verb that is run again with each answer.
#[derive(Clone, Default)]
pub struct Tape(Arc<Mutex<Reel>>);

#[derive(Default)]
struct Reel {
    answers: Vec<Result<Reply>>,
    /// How many of them the run has used.
    used: usize,
    asked: Option<Request>,
}

impl Tape {
    fn reel(&self) -> MutexGuard<'_, Reel> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn rewind(&self) {
        let mut reel = self.reel();
        reel.used = 0;
        reel.asked = None;
    }

    fn asked(&self) -> Option<Request> {
        self.reel().asked.take()
    }

    fn record(&self, answer: Result<Reply>) {
        self.reel().answers.push(answer);
    }
}

impl Carrier for Tape {
    type Place<'a> = Nowhere;

    fn call(&self, request: Request) -> Result<Reply> {
        let mut reel = self.reel();
        let place = reel.used;
        reel.used += 1;
        match reel.answers.get(place) {
            Some(answer) => answer.clone(),
            None => {
                // The first that has no answer; what follows from the lack of it is of no account.
                reel.asked.get_or_insert(request);
                Err(Error::new(ErrorCode::Internal, "the answer of the server has not come yet"))
            }
        }
    }

    fn place(&self, _key: &[u8]) -> Result<Nowhere> {
        Err(Error::new(
            ErrorCode::Unsupported,
            "a verb that is run again does not wait: its host does",
        ))
    }

    fn polls(&self) -> bool {
        false
    }

    /// Closing is the host's.
    fn close(&self) {}
}

/// The place of a worker that does not wait here: there is none.
pub enum Nowhere {}

impl Place for Nowhere {
    fn wait(&mut self, _timeout: Duration) -> Result<()> {
        match *self {}
    }

    fn taken(&self) -> Option<&[u8]> {
        match *self {}
    }

    fn is_in_line(&self) -> bool {
        match *self {}
    }

    fn pass_on(&mut self) {
        match *self {}
    }

    fn stand_alone(&mut self) {
        match *self {}
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::job::NewJob;
    use crate::limits::Rate;

    fn exchange<T, V: FnMut(&Queue, &RedisStore<Tape>) -> Result<T>>(verb: V) -> Exchange<V> {
        Exchange::new("mail", &QueueOptions::default(), verb).unwrap()
    }

    fn sent<T: std::fmt::Debug>(step: Step<T>) -> Request {
        match step {
            Step::Send(request) => request,
            Step::Done(result) => panic!("nothing was sent: {result:?}"),
        }
    }

    fn done<T: std::fmt::Debug>(step: Step<T>) -> Result<T> {
        match step {
            Step::Send(request) => panic!("sent {}", request.script.name),
            Step::Done(result) => result,
        }
    }

    #[test]
    fn a_plain_push_takes_one_request() {
        let mut push = exchange(|queue, _| queue.push(NewJob::new("hello")));
        assert_eq!(sent(push.advance()).script.name, "plain_push");
        push.answer(Ok(Reply::Int(7)));
        assert_eq!(done(push.advance()).unwrap().to_string(), "7");
    }

    #[test]
    fn what_is_not_plain_goes_on_with_the_general_script() {
        let mut push = exchange(|queue, _| queue.push(NewJob::new("hello")));
        assert_eq!(sent(push.advance()).script.name, "plain_push");
        push.answer(Ok(Reply::Nil));
        assert_eq!(sent(push.advance()).script.name, "push");
        let ids = Reply::List(vec![Reply::Int(3)]);
        push.answer(Ok(Reply::List(vec![Reply::Bytes(b"pushed".to_vec()), ids])));
        assert_eq!(done(push.advance()).unwrap().to_string(), "3");
    }

    #[test]
    fn a_refused_argument_sends_nothing() {
        let mut push = exchange(|queue, _| queue.push(NewJob::new("x").rate(Rate::per_second(-1))));
        assert_eq!(done(push.advance()).unwrap_err().code(), ErrorCode::InvalidArgument);
    }

    #[test]
    fn an_error_of_the_server_is_the_verbs() {
        let mut sweep = exchange(|queue, _| queue.dethrottle());
        sent(sweep.advance());
        sweep.answer(Err(Error::new(ErrorCode::Unavailable, "redis server refused the call: OOM")));
        assert_eq!(done(sweep.advance()).unwrap_err().code(), ErrorCode::Unavailable);
    }

    #[test]
    fn jobs_of_an_earlier_step_do_not_hide_that_a_later_one_is_asked_for() {
        let mut pop =
            exchange(|queue, _| queue.pop_many(200, Duration::ZERO, Duration::from_secs(30)));
        let empty = || Reply::List(vec![0, 0, 0, -1].into_iter().map(Reply::Int).collect());
        assert_eq!(sent(pop.advance()).script.name, "plain_pop_many");
        let Reply::List(mut parts) = empty() else { unreachable!() };
        parts.push(Reply::Int(1));
        let record = [&[0; 6][..], &[0], &[1, 0], b"a", b"payload"].concat();
        parts.push(Reply::Bytes(record));
        pop.answer(Ok(Reply::List(parts)));
        assert_eq!(sent(pop.advance()).script.name, "plain_pop_many");
        pop.answer(Ok(Reply::Nil));
        assert_eq!(sent(pop.advance()).script.name, "pop");
        pop.answer(Ok(empty()));
        assert_eq!(done(pop.advance()).unwrap().len(), 1);
    }
}
