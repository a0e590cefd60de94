//! The nouns, as they cross the border.

pub mod counts;
pub mod headers;
pub mod job;
pub mod job_info;
pub mod job_result;
pub mod lane_info;
pub mod limits;
pub mod new_job;
pub mod pushed;
pub mod repaired;
pub mod schedule_info;
pub mod stats;
pub mod swept;
pub mod verdict;
