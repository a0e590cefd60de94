/* The verbs of background processors. */
#ifndef FAIRLANE_CONFORMANCE_BACKGROUND_H
#define FAIRLANE_CONFORMANCE_BACKGROUND_H

#include "world.h"

verb do_background, do_work, do_begun, do_finish, do_queue_length, do_bump, do_end;

/* Lets all calls return, and closes what is open. */
void end_backgrounds(void);

#endif
