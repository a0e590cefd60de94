//! The verbs that JavaScript may ask for, by the numbers that packets carry.

use fairlane::Result;

use crate::refuse;

macro_rules! verbs {
    ($($verb:ident $name:literal),* $(,)?) => {
        /// What a call asks for.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Verb { $($verb),* }

        impl Verb {
            const ALL: &[Verb] = &[$(Verb::$verb),*];

            /// The names in the order of their numbers: JavaScript learns the numbers from it.
            pub const NAMES: &[&str] = &[$($name),*];
        }
    };
}

verbs! {
    Open "open",
    Close "close",
    Push "push",
    PushMany "pushMany",
    Pop "pop",
    MarkComplete "markComplete",
    MarkCompleteWith "markCompleteWith",
    MarkCompleteMany "markCompleteMany",
    MarkCompleteManyWith "markCompleteManyWith",
    Result "result",
    Release "release",
    Retry "retry",
    Fail "fail",
    Extend "extend",
    ExtendMany "extendMany",
    Dethrottle "dethrottle",
    StartDethrottler "startDethrottler",
    StopDethrottler "stopDethrottler",
    Repair "repair",
    Throttle "throttle",
    SetLimits "setLimits",
    Pause "pause",
    Resume "resume",
    Stats "stats",
    Size "size",
    Lanes "lanes",
    Lane "lane",
    Get "get",
    Peek "peek",
    Cancel "cancel",
    Purge "purge",
    Failed "failed",
    RestoreFailed "restoreFailed",
    CleanFailed "cleanFailed",
    BumpKeys "bumpKeys",
    Hold "hold",
    Keep "keep",
    LetGo "letGo",
    BumpHolds "bumpHolds",
    Schedule "schedule",
    Unschedule "unschedule",
    Schedules "schedules",
    Abort "abort",
    Panic "panic",
}

impl Verb {
    /// Gives the verb of a number.
    pub fn of(number: usize) -> Result<Self> {
        Self::ALL.get(number).copied().ok_or_else(refuse::packet)
    }
}
