#ifndef SESHET_MODULES_TIME_ZONES_H
#define SESHET_MODULES_TIME_ZONES_H

#include <stddef.h>
#include <time.h>

/* The time zones of this machine: names of files below /usr/share/zoneinfo (package tzdata). */

enum { ZONE_NAME_SIZE = 64 };

/* How a name is meant. */
enum zone_match {
    ZONE_NONE,
    ZONE_EXACT, /* a whole name, or a distance: "Europe/Berlin", "UTC+2" */
    ZONE_CITY   /* the last part of a name: "berlin", "new york" */
};

/* Finds a zone, without regard to case, and writes its proper name. What comes from outside is
 * compared with the names that were read from the folder, and never opened itself. */
enum zone_match zones_find(const char *text, char name[ZONE_NAME_SIZE]);

/* The time there; name is one that zones_find wrote. offset: seconds east of Greenwich; shortname:
 * "CEST", or "". 0, or -1. */
int zones_time(const char *name, time_t when, struct tm *tm, long *offset, char *shortname,
               size_t size);

#endif
