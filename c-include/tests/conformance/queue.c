/* The verbs of a queue. */
#include <string.h>

#include "given.h"
#include "names.h"
#include "show.h"

/* The parameters of a verb. */
#define VERB world *world, const line *call, const char *name, fairlane_queue *queue
#define UNUSED (void)call, (void)name

static bool do_close(VERB) {
  UNUSED;
  TRY(fairlane_queue_close(queue, &world->error));
  return answer_word("ok");
}

static bool do_name(VERB) {
  UNUSED;
  (void)world;
  size_t length;
  const char *own = fairlane_queue_name(queue, &length);
  text shown = copy("", 0);
  add_encoded(&shown, own, length);
  return answer(shown);
}

static bool do_push(VERB) {
  text payload = text_of(call, "payload"), lane = text_of(call, "lane");
  fairlane_push_options *options;
  fairlane_id id;
  bool is_done = settings(world, call, &options) &&
                 fairlane_queue_push(queue, PASS(payload), PASS(lane), options, &id,
                                     &world->error) == FAIRLANE_OK;
  fairlane_push_options_free(&options);
  if (!is_done) return false;
  bind_name(call, name, 0, AN_ID, id.text);
  return answer_word(name_of(name, AN_ID, id.text));
}

static bool do_push_many(VERB) {
  fairlane_new_jobs *jobs;
  fairlane_pushed_list *pushed = NULL;
  bool is_done = kept_jobs(world, &jobs) &&
                 fairlane_queue_push_many(queue, jobs, &pushed, &world->error) == FAIRLANE_OK;
  fairlane_new_jobs_free(&jobs);
  if (!is_done) return false;
  size_t count = fairlane_pushed_list_count(pushed);
  for (size_t i = 0; i < count; i++) {
    const char *id = fairlane_pushed_id(fairlane_pushed_list_at(pushed, i), NULL);
    bind_name(call, name, i, AN_ID, id);
  }
  answer_count(count);
  for (size_t i = 0; i < count; i++) item(show_pushed(name, fairlane_pushed_list_at(pushed, i)));
  fairlane_pushed_list_free(&pushed);
  return true;
}

static bool do_pop(VERB) {
  fairlane_job *job;
  TRY(fairlane_queue_pop(queue, number(call, "wait", 0),
                         number(call, "lease", FAIRLANE_DEFAULT_LEASE), NULL, &job,
                         &world->error));
  if (!job) return answer_word("none");
  bind_name(call, name, 0, A_TOKEN, fairlane_job_token(job, NULL));
  answer(show_job(name, job));
  fairlane_job_free(&job);
  return true;
}

static bool do_pop_many(VERB) {
  static fairlane_job *jobs[20000];
  size_t count;
  TRY(fairlane_queue_pop_many(queue, (size_t)number(call, "n", 0), number(call, "wait", 0),
                              number(call, "lease", FAIRLANE_DEFAULT_LEASE), NULL, jobs, &count,
                              &world->error));
  for (size_t i = 0; i < count; i++) {
    bind_name(call, name, i, A_TOKEN, fairlane_job_token(jobs[i], NULL));
  }
  answer_count(count);
  for (size_t i = 0; i < count; i++) {
    item(show_job(name, jobs[i]));
    fairlane_job_free(&jobs[i]);
  }
  return true;
}

static bool do_mark_complete(VERB) {
  (void)name;
  fairlane_new_jobs *then;
  text token = text_of(call, "token"), result = text_of(call, "result");
  bool is_done = kept_jobs(world, &then) &&
                 fairlane_queue_mark_complete_with(queue, PASS(token), then, PASS(result),
                                                   number(call, "result_ttl", FAIRLANE_NONE),
                                                   &world->error) == FAIRLANE_OK;
  fairlane_new_jobs_free(&then);
  return is_done && answer_word("ok");
}

static bool answer_results(size_t count, fairlane_error **results) {
  answer_count(count);
  for (size_t i = 0; i < count; i++) {
    item(show_error(results[i]));
    fairlane_error_free(&results[i]);
  }
  return true;
}

static bool do_mark_complete_many(VERB) {
  (void)name;
  fairlane_error *results[MOST_ELEMENTS];
  list tokens = list_of(call, "tokens"), values = list_of(call, "results");
  if (!values.is_there) {
    TRY(fairlane_queue_mark_complete_many(queue, tokens.texts, tokens.lengths, tokens.count, results,
                                          &world->error));
    return answer_results(tokens.count, results);
  }
  const void *bytes[MOST_ELEMENTS] = {NULL};
  for (size_t i = 0; i < values.count; i++) {
    bool is_none = values.lengths[i] == 4 && memcmp(values.texts[i], "none", 4) == 0;
    bytes[i] = is_none ? NULL : values.texts[i];
    if (is_none) values.lengths[i] = 0;
  }
  TRY(fairlane_queue_mark_complete_many_with(
      queue, tokens.texts, tokens.lengths, tokens.count, bytes, values.lengths,
      number(call, "result_ttl", FAIRLANE_NONE), results, &world->error));
  return answer_results(tokens.count, results);
}

static bool do_result(VERB) {
  (void)name;
  text id = text_of(call, "id");
  fairlane_bytes *result;
  TRY(fairlane_queue_result(queue, PASS(id), number(call, "wait", 0), NULL, &result,
                            &world->error));
  if (!result) return answer_word("none");
  size_t length;
  const char *bytes = fairlane_bytes_data(result, &length);
  text shown = copy("", 0);
  add_encoded(&shown, bytes, length);
  fairlane_bytes_free(&result);
  return answer(shown);
}

static bool do_release(VERB) {
  (void)name;
  text token = text_of(call, "token");
  TRY(fairlane_queue_release(queue, PASS(token), number(call, "delay", 0), &world->error));
  return answer_word("ok");
}

static bool do_retry(VERB) {
  (void)name;
  text token = text_of(call, "token"), reason = text_of(call, "error");
  TRY(fairlane_queue_retry(queue, PASS(token), PASS(reason), number(call, "delay", FAIRLANE_NONE),
                           &world->error));
  return answer_word("ok");
}

static bool do_fail(VERB) {
  (void)name;
  text token = text_of(call, "token"), reason = text_of(call, "error");
  TRY(fairlane_queue_fail(queue, PASS(token), PASS(reason), &world->error));
  return answer_word("ok");
}

static bool do_extend(VERB) {
  (void)name;
  text token = text_of(call, "token");
  TRY(fairlane_queue_extend(queue, PASS(token), number(call, "lease", FAIRLANE_DEFAULT_LEASE),
                            &world->error));
  return answer_word("ok");
}

static bool do_extend_many(VERB) {
  (void)name;
  fairlane_error *results[MOST_ELEMENTS];
  list tokens = list_of(call, "tokens");
  TRY(fairlane_queue_extend_many(queue, tokens.texts, tokens.lengths, tokens.count,
                                 number(call, "lease", FAIRLANE_DEFAULT_LEASE), results,
                                 &world->error));
  return answer_results(tokens.count, results);
}

static bool do_dethrottle(VERB) {
  UNUSED;
  fairlane_swept *swept;
  TRY(fairlane_queue_dethrottle(queue, &swept, &world->error));
  answer(show_swept(swept));
  fairlane_swept_free(&swept);
  return true;
}

static bool do_repair(VERB) {
  UNUSED;
  fairlane_repaired *repaired;
  TRY(fairlane_queue_repair(queue, &repaired, &world->error));
  answer(show_repaired(repaired));
  fairlane_repaired_free(&repaired);
  return true;
}

static bool do_start_dethrottler(VERB) {
  (void)name;
  TRY(fairlane_queue_start_dethrottler(queue, number(call, "interval", 0),
                                       dethrottler_of(raw(call, "as")), &world->error));
  return answer_word("ok");
}

static bool do_throttle(VERB) {
  (void)name;
  text lane = text_of(call, "lane");
  TRY(fairlane_queue_throttle(queue, PASS(lane), number(call, "duration", 0), &world->error));
  return answer_word("ok");
}

static bool set_change(world *world, const line *call, fairlane_limits_change *change) {
  fairlane_error **error = &world->error;
  if (has(call, "tps")) TRY(fairlane_limits_change_set_tps(change, number(call, "tps", 0), error));
  if (has(call, "rate")) {
    const char *at = raw(call, "rate");
    int64_t count = next_number(&at);
    TRY(fairlane_limits_change_set_rate(change, count, next_number(&at), error));
  }
  TRY(fairlane_limits_change_set_max_in_flight(
      change, number(call, "max_in_flight", FAIRLANE_NONE), error));
  TRY(fairlane_limits_change_set_weight(change, number(call, "weight", FAIRLANE_NONE), error));
  TRY(fairlane_limits_change_set_max_waiting(change, number(call, "max_waiting", FAIRLANE_NONE),
                                             error));
  return true;
}

static bool do_set_limits(VERB) {
  (void)name;
  text lane = text_of(call, "lane");
  fairlane_limits_change *change = fairlane_limits_change_new();
  bool is_done = set_change(world, call, change) &&
                 fairlane_queue_set_limits(queue, PASS(lane), change, &world->error) ==
                     FAIRLANE_OK;
  fairlane_limits_change_free(&change);
  return is_done && answer_word("ok");
}

static bool do_pause(VERB) {
  (void)name;
  text lane = text_of(call, "lane");
  TRY(fairlane_queue_pause(queue, PASS(lane), &world->error));
  return answer_word("ok");
}

static bool do_resume(VERB) {
  (void)name;
  text lane = text_of(call, "lane");
  TRY(fairlane_queue_resume(queue, PASS(lane), &world->error));
  return answer_word("ok");
}

static bool do_stats(VERB) {
  UNUSED;
  fairlane_stats *stats;
  TRY(fairlane_queue_stats(queue, &stats, &world->error));
  answer(show_stats(stats));
  fairlane_stats_free(&stats);
  return true;
}

static bool do_size(VERB) {
  (void)name;
  text lane = text_of(call, "lane");
  int64_t size;
  TRY(fairlane_queue_size(queue, PASS(lane), &size, &world->error));
  return answer_number(size);
}

static bool do_lanes(VERB) {
  UNUSED;
  fairlane_lane_info_list *lanes;
  TRY(fairlane_queue_lanes(queue, &lanes, &world->error));
  answer_count(fairlane_lane_info_list_count(lanes));
  for (size_t i = 0; i < fairlane_lane_info_list_count(lanes); i++) {
    item(show_lane(fairlane_lane_info_list_at(lanes, i)));
  }
  fairlane_lane_info_list_free(&lanes);
  return true;
}

static bool do_lane(VERB) {
  (void)name;
  text lane = text_of(call, "name");
  fairlane_lane_info *info;
  TRY(fairlane_queue_lane(queue, PASS(lane), &info, &world->error));
  if (!info) return answer_word("none");
  answer(show_lane(info));
  fairlane_lane_info_free(&info);
  return true;
}

static bool do_get(VERB) {
  text id = text_of(call, "id");
  fairlane_job_info *info;
  TRY(fairlane_queue_get(queue, PASS(id), &info, &world->error));
  if (!info) return answer_word("none");
  answer(show_job_info(name, info));
  fairlane_job_info_free(&info);
  return true;
}

static bool answer_infos(const char *name, fairlane_job_info_list *jobs) {
  answer_count(fairlane_job_info_list_count(jobs));
  for (size_t i = 0; i < fairlane_job_info_list_count(jobs); i++) {
    item(show_job_info(name, fairlane_job_info_list_at(jobs, i)));
  }
  fairlane_job_info_list_free(&jobs);
  return true;
}

static bool do_peek(VERB) {
  text lane = text_of(call, "lane");
  fairlane_job_info_list *jobs;
  TRY(fairlane_queue_peek(queue, PASS(lane), (size_t)number(call, "n", 1), &jobs, &world->error));
  return answer_infos(name, jobs);
}

static bool do_failed(VERB) {
  fairlane_job_info_list *jobs;
  TRY(fairlane_queue_failed(queue, (size_t)number(call, "n", 100), &jobs, &world->error));
  return answer_infos(name, jobs);
}

static bool do_cancel(VERB) {
  (void)name;
  text id = text_of(call, "id");
  bool found;
  TRY(fairlane_queue_cancel(queue, PASS(id), &found, &world->error));
  return answer_word(found ? "true" : "false");
}

static bool do_purge(VERB) {
  (void)name;
  text lane = text_of(call, "lane");
  uint64_t count;
  TRY(fairlane_queue_purge(queue, PASS(lane), &count, &world->error));
  return answer_number((int64_t)count);
}

static bool do_restore_failed(VERB) {
  (void)name;
  list ids = list_of(call, "ids");
  text lane = text_of(call, "lane");
  uint64_t count;
  TRY(fairlane_queue_restore_failed(queue, ids.is_there ? ids.texts : NULL, ids.lengths, ids.count,
                                    PASS(lane), &count, &world->error));
  return answer_number((int64_t)count);
}

static bool do_clean_failed(VERB) {
  (void)name;
  list ids = list_of(call, "ids");
  text lane = text_of(call, "lane");
  uint64_t count;
  TRY(fairlane_queue_clean_failed(queue, ids.is_there ? ids.texts : NULL, ids.lengths, ids.count,
                                  PASS(lane), &count, &world->error));
  return answer_number((int64_t)count);
}

static bool do_bump_keys(VERB) {
  UNUSED;
  TRY(fairlane_queue_bump_keys(queue, &world->error));
  return answer_word("ok");
}

static bool do_schedule(VERB) {
  (void)name;
  text named = text_of(call, "name"), payload = text_of(call, "payload");
  text lane = text_of(call, "lane"), cron = text_of(call, "cron");
  text timezone = text_of(call, "timezone"), catch_up = text_of(call, "catch_up");
  int64_t every = number(call, "every", FAIRLANE_NONE);
  fairlane_push_options *options;
  bool is_done =
      settings(world, call, &options) &&
      fairlane_queue_schedule(queue, PASS(named), PASS(payload), PASS(lane), PASS(cron), every,
                              PASS(timezone), PASS(catch_up), options,
                              &world->error) == FAIRLANE_OK;
  fairlane_push_options_free(&options);
  return is_done && answer_word("ok");
}

static bool do_unschedule(VERB) {
  (void)name;
  text named = text_of(call, "name");
  bool found;
  TRY(fairlane_queue_unschedule(queue, PASS(named), &found, &world->error));
  return answer_word(found ? "true" : "false");
}

static bool do_schedules(VERB) {
  UNUSED;
  fairlane_schedule_info_list *schedules;
  TRY(fairlane_queue_schedules(queue, &schedules, &world->error));
  answer_count(fairlane_schedule_info_list_count(schedules));
  for (size_t i = 0; i < fairlane_schedule_info_list_count(schedules); i++) {
    item(show_schedule(fairlane_schedule_info_list_at(schedules, i)));
  }
  fairlane_schedule_info_list_free(&schedules);
  return true;
}

static const struct {
  const char *name;
  verb *verb;
} verbs[] = {
    {"close", do_close},
    {"name", do_name},
    {"push", do_push},
    {"push_many", do_push_many},
    {"pop", do_pop},
    {"pop_many", do_pop_many},
    {"mark_complete", do_mark_complete},
    {"mark_complete_many", do_mark_complete_many},
    {"result", do_result},
    {"release", do_release},
    {"retry", do_retry},
    {"fail", do_fail},
    {"extend", do_extend},
    {"extend_many", do_extend_many},
    {"dethrottle", do_dethrottle},
    {"repair", do_repair},
    {"start_dethrottler", do_start_dethrottler},
    {"throttle", do_throttle},
    {"set_limits", do_set_limits},
    {"pause", do_pause},
    {"resume", do_resume},
    {"stats", do_stats},
    {"size", do_size},
    {"lanes", do_lanes},
    {"lane", do_lane},
    {"get", do_get},
    {"peek", do_peek},
    {"cancel", do_cancel},
    {"purge", do_purge},
    {"failed", do_failed},
    {"restore_failed", do_restore_failed},
    {"clean_failed", do_clean_failed},
    {"bump_keys", do_bump_keys},
    {"schedule", do_schedule},
    {"unschedule", do_unschedule},
    {"schedules", do_schedules},
};

verb *queue_verb(const char *name) {
  for (size_t i = 0; i < sizeof verbs / sizeof *verbs; i++) {
    if (strcmp(verbs[i].name, name) == 0) return verbs[i].verb;
  }
  return NULL;
}
