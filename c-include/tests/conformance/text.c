#include "text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct kept {
  struct kept *next;
} kept;

static kept *all;

void give_up(const char *what, const char *which) {
  fprintf(stderr, "%s: %s\n", what, which);
  exit(2);
}

void *keep(size_t size) {
  kept *block = malloc(sizeof *block + size);
  if (!block) give_up("no memory", "");
  block->next = all;
  all = block;
  return block + 1;
}

void forget_all(void) {
  while (all) {
    kept *next = all->next;
    free(all);
    all = next;
  }
}

text copy(const char *bytes, size_t length) {
  text made = {keep(length + 1), length};
  if (length) memcpy(made.bytes, bytes, length);
  made.bytes[length] = '\0';
  return made;
}

text decode(const char *value, size_t length) {
  text made = copy(value, length);
  size_t to = 0;
  for (size_t from = 0; from < length; from++) {
    if (value[from] == '%') {
      char digits[3] = {value[from + 1], value[from + 2], '\0'};
      made.bytes[to++] = (char)strtoul(digits, NULL, 16);
      from += 2;
    } else {
      made.bytes[to++] = value[from];
    }
  }
  made.bytes[to] = '\0';
  made.length = to;
  return made;
}

void add(text *to, const char *bytes, size_t length) {
  text longer = {keep(to->length + length + 1), to->length + length};
  if (to->length) memcpy(longer.bytes, to->bytes, to->length);
  if (length) memcpy(longer.bytes + to->length, bytes, length);
  longer.bytes[longer.length] = '\0';
  *to = longer;
}

void add_word(text *to, const char *word) { add(to, word, strlen(word)); }

static void add_all_but(text *to, const char *bytes, size_t length, char first, const char *but) {
  for (size_t i = 0; i < length; i++) {
    char shown[4] = {bytes[i], '\0', '\0', '\0'};
    if (bytes[i] < first || bytes[i] > '~' || strchr(but, bytes[i])) {
      snprintf(shown, sizeof shown, "%%%02X", (unsigned)(unsigned char)bytes[i]);
    }
    add_word(to, shown);
  }
}

void add_encoded(text *to, const char *bytes, size_t length) {
  add_all_but(to, bytes, length, '!', "%,$");
}

void add_sentence(text *to, const char *sentence) {
  add_all_but(to, sentence, strlen(sentence), ' ', "%");
}
