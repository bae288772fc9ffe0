#ifndef MODULES_REMIND_WHEN_H
#define MODULES_REMIND_WHEN_H

#include <stddef.h>
#include <stdint.h>

/*
 * Times as people write them:
 *     in 10m, in 1h30m, in 2 hours and 5 minutes, in a day      s m h d w y; 10m
 *     at 14:30, at 9am, at 9:30pm +02:00                        today, or tomorrow when it is over
 *     tomorrow, tomorrow at 8:00, on friday at 17:00, on 2026-03-01 at 12:00
 * A day without a time is that day at the present time. Zones are offsets from UTC, -14:00 to
 * +14:00; without one, UTC.
 */

enum { WHEN_WHY_SIZE = 160 };

/* Milliseconds since 1970. Returns what follows the time, or NULL with a sentence in why. The time
 * is after now, and within WHEN_DAYS_MAX days. */
const char *when_parse(const char *text, int64_t now, int64_t *due, char why[WHEN_WHY_SIZE]);

#define WHEN_DAYS_MAX 1830

#endif
