use super::*;
use crate::job::NewJob;
use crate::queue::Queue;
use crate::worker::plan::{Hands, Source};
use crate::worker::verdict::Verdict;

const LEASE: Duration = Duration::from_secs(60);

/// Makes the board of a worker that has one slot for a queue and another one, of the same weight.
fn board(queue: &Queue) -> Board {
    let source = Source { queue: queue.clone(), weight: 1 };
    Board::new(&Plan {
        sources: vec![source.clone(), source],
        hands: Hands::Own(Arc::new(|_| Verdict::done())),
        around: None,
        observer: None,
        concurrency: 1,
        lease: LEASE,
        timeout: None,
        max_jobs: u64::MAX,
        until_empty: false,
    })
}

#[test]
fn a_queue_is_not_charged_for_jobs_that_go_back_unbegun() {
    let queue = Queue::open("memory:", "q").unwrap();
    queue.push_many(vec![NewJob::new("a"), NewJob::new("b"), NewJob::new("c")]).unwrap();
    let mut jobs = queue.pop_many(3, Duration::ZERO, LEASE).unwrap();
    // What came with a process that died does not wait for a slot.
    jobs[0].lapses = 1;
    let board = board(&queue);
    lock(&board.state).turns.charge(0, 3);
    lock(&board.state).turns.charge(1, 2);
    board.deliver(0, jobs, |job, number| Delivery::new(job, queue.clone(), 0, number));
    board.begin_now(None).unwrap();
    assert!(!lock(&board.state).turns.is_next(0), "it has three slots, and the other has two");

    let Some(Duty::GiveBack(back)) = board.duty(Instant::now() + LEASE) else {
        panic!("two jobs wait for the slot");
    };
    assert_eq!(back.len(), 2);
    assert!(lock(&board.state).turns.is_next(0), "it has had one slot");
}
