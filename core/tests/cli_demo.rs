//! The program: its demo.
#![cfg(all(feature = "cli", feature = "sqlite", unix))]

mod program;

use std::fs::read_dir;

use program::{Program, Running, number, text, wait_until};
use rustix::process::Signal;

fn start(program: &Program, line: &str) -> Running {
    let mut demo = program.command(line);
    demo.env("TMPDIR", program.folder());
    Running::start(demo)
}

#[test]
fn it_measures_fairness_and_the_limit() {
    let program = Program::new();
    let findings = start(&program, "demo --jobs 2000 --json").finish().ok().json();
    let lanes = findings["lanes"].as_array().unwrap();
    let names: Vec<_> = lanes.iter().map(|lane| text(lane, "lane")).collect();
    assert_eq!(names, ["noisy", "limited", "small-1", "small-2", "small-3"]);
    assert_eq!(number(&lanes[0], "jobs"), 2000);
    for lane in lanes {
        for (p50, p99) in
            [("fifo_wait_p50_ms", "fifo_wait_p99_ms"), ("fair_wait_p50_ms", "fair_wait_p99_ms")]
        {
            assert!((0..=number(lane, p99)).contains(&number(lane, p50)), "{lane}");
        }
    }
    // Ten may start at once; a machine under load may not get to all of them within a second.
    assert!((5..=10).contains(&number(&findings, "fair_most_in_a_second")), "{findings}");
    assert_eq!(number(&findings, "limit_per_second"), 10);
    assert_eq!(read_dir(program.folder()).unwrap().count(), 0, "it leaves nothing behind");
}

#[test]
fn it_tells_people_what_to_do_next_and_shows_no_table_before_its_end_without_a_terminal() {
    let program = Program::new();
    let told = start(&program, "demo --jobs 100").finish().ok().out;
    assert!(told.contains("FIFO p50") && told.contains("fairlane push"), "{told}");
    assert!(told.lines().count() < 40, "{told}");
}

#[test]
fn it_is_interrupted_without_leaving_anything_behind() {
    let program = Program::new();
    let mut demo = start(&program, "demo");
    wait_until("it has a file", || read_dir(program.folder()).unwrap().count() > 0);
    demo.wait_for_line("1. ");
    demo.signal(Signal::INT);
    assert_eq!(demo.finish().code, 130);
    assert_eq!(read_dir(program.folder()).unwrap().count(), 0);
}
