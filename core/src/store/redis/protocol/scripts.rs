//! The scripts, one a verb, each put together from the parts that it needs.

use super::part;
use super::script::Script;

/// The files of `scripts/`: their names, and what is sent of them.
macro_rules! parts {
    ($($name:literal),+) => {
        &[$(($name, {
            const WHOLE: &str = include_str!(concat!("scripts/", $name, ".lua"));
            const SENT: [u8; part::length(WHOLE)] = part::sent(WHOLE);
            part::text(&SENT)
        })),+]
    };
}

const PARTS: &[(&str, &str)] = parts! {
    "adding", "again", "await", "bump_holds", "bump_keys", "cancel", "clean", "clock", "close",
    "configure", "dead", "describe", "dump", "extend", "failed", "fate", "fills", "finish",
    "fire", "frees", "get", "hold", "holds", "jobs", "keep", "lane", "lanes", "lanes_list",
    "let_go", "looking", "memory", "mend", "open", "order", "peek", "plain", "plain_complete",
    "plain_complete_many", "plain_holds", "plain_open", "plain_pop", "plain_pop_many",
    "plain_push", "plain_push_many", "plain_repeat", "pop", "purge", "push", "repair_counts",
    "repair_index", "repair_jobs", "repair_lanes", "repair_queue", "repair_rows", "repair_ticks",
    "restore", "result", "results", "schedule", "schedules", "settle", "signpost", "starts",
    "stats", "sweep", "tell_schedule", "text", "ticks", "time", "unschedule"
};

/// Gives what is sent of a part.
const fn part_of(name: &str) -> &'static str {
    let mut parts = PARTS;
    while let [(part, text), others @ ..] = parts {
        if part::is_same(part.as_bytes(), name.as_bytes()) {
            return text;
        }
        parts = others;
    }
    #[expect(clippy::panic, reason = "the compiler meets it")]
    {
        panic!("a script has a part that is not among PARTS")
    }
}

/// What a script begins with whose arguments come as text.
pub(super) const TEXT_ARGUMENTS: &str = part_of("text");

macro_rules! script {
    ($name:literal, $($part:literal),+) => {
        Script::new($name, const { &[$(part_of($part)),+] })
    };
}

/// A verb that a server without memory carries out.
macro_rules! changing {
    ($name:literal $(, $part:literal)*) => {
        script!(
            $name, "open", "frees", "time", "clock", "starts", "lanes", "jobs", "settle", "close"
            $(, $part)*, $name
        )
    };
}

/// A verb that a server without memory refuses.
macro_rules! filling {
    ($name:literal $(, $part:literal)*) => {
        script!(
            $name, "open", "fills", "time", "clock", "starts", "lanes", "jobs", "settle", "close"
            $(, $part)*, $name
        )
    };
}

/// The plain case of a verb.
macro_rules! plain {
    ($name:literal $(, $part:literal)*) => {
        script!($name, "plain", "time" $(, $part)*, $name)
    };
}

/// The plain case of a verb of holds, which ends as its general one.
macro_rules! plain_hold {
    ($name:literal $(, $part:literal)*) => {
        script!($name, "plain", "time", "plain_holds", "holds" $(, $part)*)
    };
}

macro_rules! looking {
    ($name:literal $(, $part:literal)*) => {
        script!(
            $name, "open", "looking", "starts", "lanes", "jobs", "describe"
            $(, $part)*, $name
        )
    };
}

pub(super) static PUSH: Script = filling!("push", "adding");
pub(super) static POP: Script = changing!("pop", "order");
pub(super) static FINISH: Script = changing!("finish", "adding", "results", "again");
pub(super) static PLAIN_PUSH: Script = plain!("plain_push", "plain_repeat");
pub(super) static PLAIN_PUSH_MANY: Script = plain!("plain_push_many", "plain_repeat");
pub(super) static PLAIN_POP: Script = plain!("plain_pop", "plain_open");
pub(super) static PLAIN_POP_MANY: Script = plain!("plain_pop_many", "plain_open", "order");
pub(super) static PLAIN_COMPLETE: Script = plain!("plain_complete");
pub(super) static PLAIN_COMPLETE_MANY: Script = plain!("plain_complete_many");
pub(super) static EXTEND: Script = changing!("extend");
pub(super) static CONFIGURE: Script = changing!("configure");
pub(super) static SWEEP: Script = changing!("sweep", "holds", "results");
pub(super) static AWAIT: Script = changing!("await", "fate");
pub(super) static CANCEL: Script = changing!("cancel", "again");
pub(super) static PURGE: Script = changing!("purge", "again");
pub(super) static RESTORE: Script = changing!("restore", "dead", "again");
pub(super) static CLEAN: Script = changing!("clean", "dead", "again");
pub(super) static BUMP_KEYS: Script = changing!("bump_keys");
pub(super) static HOLD: Script = filling!("hold", "holds");
pub(super) static KEEP: Script = changing!("keep", "holds");
pub(super) static LET_GO: Script = changing!("let_go", "holds");
pub(super) static PLAIN_HOLD: Script = plain_hold!("plain_hold", "hold");
pub(super) static PLAIN_KEEP: Script = plain_hold!("plain_keep", "frees", "keep");
pub(super) static PLAIN_LET_GO: Script = plain_hold!("plain_let_go", "frees", "let_go");
pub(super) static BUMP_HOLDS: Script = changing!("bump_holds");
pub(super) static SCHEDULE: Script = filling!("schedule");
pub(super) static UNSCHEDULE: Script = changing!("unschedule", "again");
pub(super) static TICKS: Script = changing!("ticks", "tell_schedule");
pub(super) static FIRE: Script = filling!("fire", "adding");
pub(super) static REPAIR_ROWS: Script = changing!("repair_rows", "mend");
pub(super) static REPAIR_COUNTS: Script = changing!("repair_counts", "mend");
pub(super) static REPAIR_LANES: Script = changing!("repair_lanes", "mend");
pub(super) static REPAIR_JOBS: Script = changing!("repair_jobs", "mend");
pub(super) static REPAIR_INDEX: Script = changing!("repair_index", "mend");
pub(super) static REPAIR_TICKS: Script = changing!("repair_ticks", "mend");
pub(super) static REPAIR_QUEUE: Script = changing!("repair_queue", "mend");
pub(super) static STATS: Script = looking!("stats");
pub(super) static LANES: Script = looking!("lanes_list");
pub(super) static LANE: Script = looking!("lane");
pub(super) static GET: Script = looking!("get");
pub(super) static RESULT: Script =
    script!("result", "open", "time", "looking", "starts", "lanes", "jobs", "fate", "result");
pub(super) static PEEK: Script = looking!("peek");
pub(super) static FAILED: Script = looking!("failed");
pub(super) static SCHEDULES: Script = looking!("schedules", "tell_schedule");
pub(super) static MEMORY: Script = looking!("memory");
pub(super) static SIGNPOST: Script = script!("signpost", "signpost");
pub(super) static DUMP: Script = looking!("dump", "holds", "tell_schedule");
