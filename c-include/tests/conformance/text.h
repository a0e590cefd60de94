/* Texts of the runner: decoded, encoded, and kept until the end of the program. */
#ifndef FAIRLANE_CONFORMANCE_TEXT_H
#define FAIRLANE_CONFORMANCE_TEXT_H

#include <stddef.h>

/* Bytes that may hold NULs, with a NUL after them. */
typedef struct text {
  char *bytes;
  size_t length;
} text;

/* Ends the program: the scenario, or this runner, is wrong. */
void give_up(const char *what, const char *which);

/* Gives memory that `forget_all` frees. */
void *keep(size_t size);
void forget_all(void);

/* Copies bytes. */
text copy(const char *bytes, size_t length);

/* Decodes a value: %XX is a byte. */
text decode(const char *value, size_t length);

/* Adds to a text that `keep` made. */
void add(text *to, const char *bytes, size_t length);
void add_word(text *to, const char *word);

/* Adds bytes as the transcript shows them; of the sentence of an error more stands for itself. */
void add_encoded(text *to, const char *bytes, size_t length);
void add_sentence(text *to, const char *sentence);

#endif
