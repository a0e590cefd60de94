/* The names of ids, tokens and handles. */
#ifndef FAIRLANE_CONFORMANCE_NAMES_H
#define FAIRLANE_CONFORMANCE_NAMES_H

#include "line.h"

typedef enum kind { AN_ID, A_TOKEN } kind;

/* Binds the name at `index` of a call's `as`, if it has so many, to a value of a queue. */
void bind_name(const line *call, const char *queue, size_t index, kind what, const char *value);

/* Gives a value: what is bound to a name behind `$`, or the decoded text. */
text value_of(const char *written, size_t length);

/* Gives the name by which an id or a token of a queue is shown; "?" if it has none. */
const char *name_of(const char *queue, kind what, const char *value);

/* Gives a sentence with each bound token in double quotes replaced by its name. */
text with_names(const char *sentence);

#endif
