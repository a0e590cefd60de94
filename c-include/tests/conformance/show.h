/* Answers, as the transcript shows them. `queue` is the handle that gave them. */
#ifndef FAIRLANE_CONFORMANCE_SHOW_H
#define FAIRLANE_CONFORMANCE_SHOW_H

#include <fairlane.h>

#include "text.h"

text show_job(const char *queue, const fairlane_job *job);
text show_job_info(const char *queue, const fairlane_job_info *info);
text show_pushed(const char *queue, const fairlane_pushed *pushed);
text show_lane(const fairlane_lane_info *info);
text show_stats(const fairlane_stats *stats);
text show_schedule(const fairlane_schedule_info *info);
text show_swept(const fairlane_swept *swept);
text show_repaired(const fairlane_repaired *repaired);

/* Shows an error, or "ok" for none. */
text show_error(const fairlane_error *error);

#endif
