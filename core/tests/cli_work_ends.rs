//! The program: what work does about leases, cancelled jobs and signals.
#![cfg(all(feature = "cli", feature = "sqlite", unix))]

mod program;

use program::{PATIENCE, Program, Ran, Running, number, text, wait_until};
use rustix::process::Signal;
use serde_json::Value;

/// A script that tells that it runs and goes on until the file `go` is there.
const WAITS_FOR_GO: &str = "echo >started-$FAIRLANE_ID; until [ -e go ]; do sleep 0.01; done";
/// A script that goes on for ever, and tells when it is asked to end. It starts nothing meanwhile: a
/// signal that comes while a shell is about to start a command may be lost (dash, and its vfork).
const TELLS_ITS_END: &str = "trap 'echo >asked-to-end; exit 1' TERM; sleep 1000 & echo >started-$FAIRLANE_ID; while :; do wait; done";
/// A script that cannot be asked to end.
const HEARS_NOTHING: &str =
    "trap '' TERM INT; echo >started-$FAIRLANE_ID; while :; do sleep 0.01; done";

/// Gives the last event: the sum.
fn end_of(ran: &Ran) -> Value {
    ran.json_lines().pop().unwrap_or_else(|| panic!("no events: {ran:?}"))
}

/// Interrupts again and again until the program ends.
fn interrupt_until_it_ends(work: &mut Running) {
    wait_until("the program ends", || {
        work.has_exited() || {
            work.signal(Signal::INT);
            false
        }
    });
}

#[test]
fn leases_are_extended_while_commands_run() {
    let program = Program::new();
    program.run_with("push --lines", b"one\ntwo\n").ok();
    // Longer than a machine stands still.
    let work = program.start_work("--json -j 2 --lease 3s --until-empty", WAITS_FOR_GO);
    let lease_until = |id| number(&program.json(&format!("get {id}")), "lease_until_ms");
    let first = [1, 2].map(|id| {
        program.wait_for_file(&format!("started-{id}"));
        lease_until(id)
    });
    for (id, first) in (1..=2).zip(first) {
        // More than a whole lease later it still has the job.
        wait_until("the lease goes on", || lease_until(id) > first + 3_000);
    }
    program.touch("go");
    let ran = work.finish().ok();
    assert_eq!(number(&end_of(&ran), "completed"), 2, "{ran:?}");
    assert_eq!(number(&program.json("stats"), "lapsed"), 0);
}

#[test]
fn cancelling_a_job_ends_its_command() {
    let program = Program::new();
    program.run("push hello").ok();
    let work = program.start_work("--json --lease 3s --until-empty", TELLS_ITS_END);
    program.wait_for_file("started-1");
    program.run("cancel 1").ok();
    program.wait_for_file("asked-to-end");
    let ran = work.finish().ok();
    assert_eq!(number(&end_of(&ran), "lost"), 1, "{ran:?}");
}

#[test]
fn a_command_that_does_not_end_when_asked_is_killed() {
    let program = Program::new();
    program.run("push hello").ok();
    let options = "--json --lease 3s --grace 50ms --until-empty";
    let work = program.start_work(options, HEARS_NOTHING);
    program.wait_for_file("started-1");
    program.run("cancel 1").ok();
    let ran = work.finish().ok();
    assert_eq!(number(&end_of(&ran), "lost"), 1, "{ran:?}");
}

#[test]
fn ctrl_c_finishes_what_runs_and_starts_no_more() {
    let program = Program::new();
    program.run_with("push --lines", b"one\ntwo\n").ok();
    let mut work = program.start_work("--json", WAITS_FOR_GO);
    program.wait_for_file("started-1");
    work.signal(Signal::INT);
    work.wait_for_line("waiting for 1 commands");
    program.touch("go");
    let ran = work.finish();
    assert_eq!((ran.code, number(&end_of(&ran), "completed")), (130, 1), "{ran:?}");
    assert!(!program.path("started-2").exists());
    let left = program.json("get 2");
    assert_eq!((text(&left, "state"), number(&left, "tries")), ("ready", 0));
}

#[test]
fn an_idle_worker_ends_at_once() {
    let program = Program::new();
    program.run("push hello").ok();
    let mut work = program.start_work("--json", "exit 0");
    work.wait_for_line("completed");
    work.signal(Signal::TERM);
    let ran = work.finish();
    assert_eq!(ran.code, 143, "{ran:?}");
}

#[test]
fn a_second_ctrl_c_ends_the_commands_and_gives_their_jobs_back_untried() {
    let program = Program::new();
    program.run_with("push --lines", b"one\ntwo\n").ok();
    let mut work = program.start_work("--json -j 2 --grace 1h", TELLS_ITS_END);
    program.wait_for_file("started-1");
    program.wait_for_file("started-2");
    work.signal(Signal::INT);
    work.wait_for_line("waiting for 2 commands");
    work.signal(Signal::INT);
    program.wait_for_file("asked-to-end");
    wait_until("the program ends", || work.has_exited());
    let ran = work.finish();
    assert_eq!((ran.code, number(&end_of(&ran), "returned")), (130, 2), "{ran:?}");
    for id in 1..=2 {
        let job = program.json(&format!("get {id}"));
        assert_eq!((text(&job, "state"), number(&job, "tries")), ("ready", 0));
    }
}

#[test]
fn a_third_ctrl_c_kills() {
    let program = Program::new();
    program.run("push hello").ok();
    let mut work = program.start_work("--json --grace 1h", HEARS_NOTHING);
    program.wait_for_file("started-1");
    interrupt_until_it_ends(&mut work);
    let ran = work.finish();
    assert_eq!((ran.code, number(&end_of(&ran), "returned")), (130, 1), "{ran:?}");
    assert_eq!(number(&program.json("get 1"), "tries"), 0);
}

#[test]
fn commands_do_not_get_the_signals_of_fairlanes_own_process_group() {
    let program = Program::new();
    program.run("push hello").ok();
    let mut command = program.command("--json work --until-empty -- sh -c");
    command.arg(format!("trap 'echo >heard' INT; {WAITS_FOR_GO}"));
    // As a shell does it for what it starts on a terminal.
    std::os::unix::process::CommandExt::process_group(&mut command, 0);
    let mut work = Running::start(command);
    program.wait_for_file("started-1");
    work.signal_group(Signal::INT);
    work.wait_for_line("waiting for 1 commands");
    program.touch("go");
    assert_eq!(work.finish().code, 130);
    assert!(!program.path("heard").exists());
}

#[test]
fn a_killed_workers_job_runs_again_at_once() {
    let program = Program::new();
    program.run("push hello").ok();
    let lease = format!("--lease {}s", 10 * PATIENCE.as_secs());
    let killed = program.start_work(&lease, WAITS_FOR_GO);
    program.wait_for_file("started-1");
    killed.signal(Signal::KILL);
    program.touch("go");
    let events = program.work("--until-empty", "exit 0");
    assert_eq!(text(&events[0], "outcome"), "completed");
    assert_eq!(number(&program.json("stats"), "lapsed"), 1);
}
