#include "show.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "names.h"

/* A default that no number has: the field is always shown. */
#define ALWAYS INT64_MAX

static void name_field(text *record, const char *name) {
  if (record->length) add_word(record, " ");
  add_word(record, name);
  add_word(record, "=");
}

static void field(text *record, const char *name, int64_t value, int64_t usual) {
  if (value == usual) return;
  char digits[24];
  snprintf(digits, sizeof digits, "%" PRId64, value);
  name_field(record, name);
  add_word(record, digits);
}

static void moment_field(text *record, const char *name, int64_t moment, int64_t usual) {
  field(record, name, moment == FAIRLANE_NONE ? moment : moment - DAWN, usual);
}

static void word_field(text *record, const char *name, const char *word, const char *usual) {
  if (usual && strcmp(word, usual) == 0) return;
  name_field(record, name);
  add_word(record, word);
}

static void text_field(text *record, const char *name, const char *bytes, size_t length,
                       const char *usual) {
  if (usual && length == strlen(usual) && memcmp(bytes, usual, length) == 0) return;
  name_field(record, name);
  add_encoded(record, bytes, length);
}

static void optional_field(text *record, const char *name, const char *bytes, size_t length) {
  if (bytes) text_field(record, name, bytes, length, NULL);
}

static void truth_field(text *record, const char *name, bool value) {
  if (value) word_field(record, name, "true", NULL);
}

static void after_field(text *record, const char *queue, const char *id) {
  if (id) word_field(record, "after", name_of(queue, AN_ID, id), NULL);
}

static void headers_field(text *record, const fairlane_headers *headers) {
  for (size_t i = 0; i < fairlane_headers_count(headers); i++) {
    if (i == 0) {
      name_field(record, "headers");
    } else {
      add_word(record, ",");
    }
    size_t length;
    const char *name = fairlane_headers_name_at(headers, i, &length), *colon;
    while ((colon = memchr(name, ':', length))) {
      add_encoded(record, name, (size_t)(colon - name));
      add_word(record, "%3A");
      length -= (size_t)(colon - name) + 1;
      name = colon + 1;
    }
    add_encoded(record, name, length);
    add_word(record, ":");
    const char *value = fairlane_headers_value_at(headers, i, &length);
    add_encoded(record, value, length);
  }
}

text show_job(const char *queue, const fairlane_job *job) {
  text record = copy("", 0);
  size_t length;
  word_field(&record, "token", name_of(queue, A_TOKEN, fairlane_job_token(job, NULL)), "?");
  word_field(&record, "id", name_of(queue, AN_ID, fairlane_job_id(job, NULL)), "?");
  const char *lane = fairlane_job_lane(job, &length);
  text_field(&record, "lane", lane, length, FAIRLANE_DEFAULT_LANE);
  const char *payload = fairlane_job_payload(job, &length);
  text_field(&record, "payload", payload, length, NULL);
  field(&record, "priority", fairlane_job_priority(job), 1);
  field(&record, "cost", fairlane_job_cost(job), 1);
  field(&record, "tries", fairlane_job_tries(job), 1);
  field(&record, "max_tries", fairlane_job_max_tries(job), 10);
  field(&record, "lapses", fairlane_job_lapses(job), 0);
  moment_field(&record, "pushed_at", fairlane_job_pushed_at(job), 0);
  moment_field(&record, "started_at", fairlane_job_started_at(job), 0);
  moment_field(&record, "lease_until", fairlane_job_lease_until(job), FAIRLANE_NONE);
  const char *key = fairlane_job_key(job, &length);
  optional_field(&record, "key", key, length);
  after_field(&record, queue, fairlane_job_after(job, NULL));
  const char *error = fairlane_job_error(job, &length);
  optional_field(&record, "error", error, length);
  headers_field(&record, fairlane_job_headers(job));
  return record;
}

text show_job_info(const char *queue, const fairlane_job_info *info) {
  text record = copy("", 0);
  size_t length;
  word_field(&record, "id", name_of(queue, AN_ID, fairlane_job_info_id(info, NULL)), "?");
  const char *state = fairlane_job_state_name(fairlane_job_info_state(info), NULL);
  word_field(&record, "state", state, NULL);
  const char *lane = fairlane_job_info_lane(info, &length);
  text_field(&record, "lane", lane, length, FAIRLANE_DEFAULT_LANE);
  const char *payload = fairlane_job_info_payload(info, &length);
  text_field(&record, "payload", payload, length, NULL);
  field(&record, "priority", fairlane_job_info_priority(info), 1);
  field(&record, "cost", fairlane_job_info_cost(info), 1);
  field(&record, "tries", fairlane_job_info_tries(info), 0);
  field(&record, "max_tries", fairlane_job_info_max_tries(info), 10);
  field(&record, "lapses", fairlane_job_info_lapses(info), 0);
  moment_field(&record, "pushed_at", fairlane_job_info_pushed_at(info), 0);
  moment_field(&record, "due_at", fairlane_job_info_due_at(info), FAIRLANE_NONE);
  moment_field(&record, "lease_until", fairlane_job_info_lease_until(info), FAIRLANE_NONE);
  moment_field(&record, "died_at", fairlane_job_info_died_at(info), FAIRLANE_NONE);
  const char *key = fairlane_job_info_key(info, &length);
  optional_field(&record, "key", key, length);
  after_field(&record, queue, fairlane_job_info_after(info, NULL));
  truth_field(&record, "parent_dead", fairlane_job_info_parent_dead(info));
  const char *error = fairlane_job_info_error(info, &length);
  optional_field(&record, "error", error, length);
  headers_field(&record, fairlane_job_info_headers(info));
  return record;
}

text show_pushed(const char *queue, const fairlane_pushed *pushed) {
  text record = copy("", 0);
  word_field(&record, "id", name_of(queue, AN_ID, fairlane_pushed_id(pushed, NULL)), "?");
  word_field(&record, "is_new", fairlane_pushed_is_new(pushed) ? "true" : "false", NULL);
  return record;
}

static void counts_fields(text *record, const fairlane_counts *counts) {
  field(record, "ready", fairlane_counts_ready(counts), 0);
  field(record, "delayed", fairlane_counts_delayed(counts), 0);
  field(record, "blocked", fairlane_counts_blocked(counts), 0);
  field(record, "in_flight", fairlane_counts_in_flight(counts), 0);
}

static void limits_fields(text *record, const fairlane_limits *limits) {
  char rate[48];
  snprintf(rate, sizeof rate, "%" PRId64 "/%" PRId64, fairlane_limits_rate_count(limits),
           fairlane_limits_rate_window(limits));
  word_field(record, "rate", rate, "0/1000");
  field(record, "max_in_flight", fairlane_limits_max_in_flight(limits), 0);
  field(record, "weight", fairlane_limits_weight(limits), 1);
  field(record, "max_waiting", fairlane_limits_max_waiting(limits), 0);
}

text show_lane(const fairlane_lane_info *info) {
  text record = copy("", 0);
  size_t length;
  const char *name = fairlane_lane_info_name(info, &length);
  text_field(&record, "name", name, length, NULL);
  const char *state = fairlane_lane_state_name(fairlane_lane_info_state(info), NULL);
  word_field(&record, "state", state, NULL);
  counts_fields(&record, fairlane_lane_info_counts(info));
  limits_fields(&record, fairlane_lane_info_limits(info));
  truth_field(&record, "paused", fairlane_lane_info_paused(info));
  moment_field(&record, "wakes_at", fairlane_lane_info_wakes_at(info), FAIRLANE_NONE);
  return record;
}

text show_stats(const fairlane_stats *stats) {
  text record = copy("", 0);
  counts_fields(&record, fairlane_stats_counts(stats));
  field(&record, "dead", fairlane_stats_dead(stats), 0);
  field(&record, "quarantined", fairlane_stats_quarantined(stats), 0);
  field(&record, "lanes", fairlane_stats_lanes(stats), 0);
  truth_field(&record, "paused", fairlane_stats_paused(stats));
  limits_fields(&record, fairlane_stats_limits(stats));
  field(&record, "pushed", fairlane_stats_pushed(stats), 0);
  field(&record, "completed", fairlane_stats_completed(stats), 0);
  field(&record, "retried", fairlane_stats_retried(stats), 0);
  field(&record, "died", fairlane_stats_died(stats), 0);
  field(&record, "lapsed", fairlane_stats_lapsed(stats), 0);
  return record;
}

text show_schedule(const fairlane_schedule_info *info) {
  text record = copy("", 0);
  size_t length;
  const char *name = fairlane_schedule_info_name(info, &length);
  text_field(&record, "name", name, length, NULL);
  const char *lane = fairlane_schedule_info_lane(info, &length);
  text_field(&record, "lane", lane, length, FAIRLANE_DEFAULT_LANE);
  const char *payload = fairlane_schedule_info_payload(info, &length);
  text_field(&record, "payload", payload, length, NULL);
  const char *cron = fairlane_schedule_info_cron(info, &length);
  optional_field(&record, "cron", cron, length);
  field(&record, "every", fairlane_schedule_info_every(info), FAIRLANE_NONE);
  const char *timezone = fairlane_schedule_info_timezone(info, &length);
  optional_field(&record, "timezone", timezone, length);
  word_field(&record, "catch_up", fairlane_schedule_info_catch_up(info, NULL), "one");
  moment_field(&record, "next_at", fairlane_schedule_info_next_at(info), ALWAYS);
  moment_field(&record, "last_at", fairlane_schedule_info_last_at(info), FAIRLANE_NONE);
  return record;
}

text show_swept(const fairlane_swept *swept) {
  text record = copy("", 0);
  field(&record, "due", (int64_t)fairlane_swept_due(swept), ALWAYS);
  field(&record, "lapsed", (int64_t)fairlane_swept_lapsed(swept), ALWAYS);
  field(&record, "woken", (int64_t)fairlane_swept_woken(swept), ALWAYS);
  return record;
}

text show_repaired(const fairlane_repaired *repaired) {
  text record = copy("", 0);
  field(&record, "jobs", (int64_t)fairlane_repaired_jobs(repaired), ALWAYS);
  field(&record, "lanes", (int64_t)fairlane_repaired_lanes(repaired), ALWAYS);
  field(&record, "lost_jobs", (int64_t)fairlane_repaired_lost_jobs(repaired), 0);
  field(&record, "placed_jobs", (int64_t)fairlane_repaired_placed_jobs(repaired), 0);
  field(&record, "dropped_entries", (int64_t)fairlane_repaired_dropped_entries(repaired), 0);
  field(&record, "mended_lanes", (int64_t)fairlane_repaired_mended_lanes(repaired), 0);
  field(&record, "mended_sums", (int64_t)fairlane_repaired_mended_sums(repaired), 0);
  if (!fairlane_repaired_is_sound(repaired)) word_field(&record, "is_sound", "false", NULL);
  return record;
}

text show_error(const fairlane_error *error) {
  if (!error) return copy("ok", 2);
  text shown = copy("! ", 2);
  add_word(&shown, fairlane_status_name(fairlane_error_code(error), NULL));
  add_word(&shown, " ");
  add_sentence(&shown, with_names(fairlane_error_message(error, NULL)).bytes);
  return shown;
}
