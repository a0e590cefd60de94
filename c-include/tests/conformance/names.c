#include "names.h"

#include <string.h>

enum { MOST_NAMES = 4096 };

static struct {
  const char *name, *queue, *value;
  kind what;
} bound[MOST_NAMES];
static size_t count;

void bind_name(const line *call, const char *queue, size_t index, kind what, const char *value) {
  const char *names = raw(call, "as");
  for (; names && index > 0; index--) {
    names = strchr(names, ',');
    if (names) names++;
  }
  size_t length = names ? strcspn(names, ",") : 0;
  if (length == 0) return;
  if (count == MOST_NAMES) give_up("too many names", names);
  text name = copy("$", 1);
  add(&name, names, length);
  bound[count].name = name.bytes;
  bound[count].queue = queue;
  bound[count].value = copy(value, strlen(value)).bytes;
  bound[count++].what = what;
}

text value_of(const char *written, size_t length) {
  if (length == 0 || written[0] != '$') return decode(written, length);
  for (size_t i = count; i-- > 0;) {
    if (strlen(bound[i].name) == length && memcmp(bound[i].name, written, length) == 0) {
      return copy(bound[i].value, strlen(bound[i].value));
    }
  }
  give_up("not bound", written);
  return copy("", 0);
}

const char *name_of(const char *queue, kind what, const char *value) {
  for (size_t i = 0; i < count; i++) {
    if (bound[i].what == what && strcmp(bound[i].queue, queue) == 0 &&
        strcmp(bound[i].value, value) == 0) {
      return bound[i].name;
    }
  }
  return "?";
}

text with_names(const char *sentence) {
  text made = copy(sentence, strlen(sentence));
  for (size_t i = 0; i < count; i++) {
    if (bound[i].what != A_TOKEN) continue;
    text quoted = copy("\"", 1);
    add_word(&quoted, bound[i].value);
    add_word(&quoted, "\"");
    char *at = strstr(made.bytes, quoted.bytes);
    if (!at) continue;
    text replaced = copy(made.bytes, (size_t)(at - made.bytes));
    add_word(&replaced, bound[i].name);
    add_word(&replaced, at + quoted.length);
    made = replaced;
  }
  return made;
}
