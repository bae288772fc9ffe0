#include "modules/time/zones.h"

#include <dirent.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#define FOLDER "/usr/share/zoneinfo"

enum { NAMES_MAX = 2000, DEPTH_MAX = 3, OFFSET_MAX = 14 * 60 };

static char (*names)[ZONE_NAME_SIZE];
static size_t count;

/* Besides zones there are tables and copies in the folder: names with a dot or in lower case. */
static bool is_part_of_zone(const char *name)
{
    return name[0] >= 'A' && name[0] <= 'Z' && !strpbrk(name, "./\\");
}

static bool is_zone_file(const char *path)
{
    char magic[4] = "";
    FILE *file = fopen(path, "re");
    if (!file)
        return false;
    size_t got = fread(magic, 1, sizeof magic, file);
    fclose(file);
    return got == sizeof magic && memcmp(magic, "TZif", 4) == 0; /* RFC 8536 3.1 */
}

/* `below` is "" or ends with a slash. */
static void read_folder(const char *below, int depth)
{
    char path[sizeof FOLDER + 1 + ZONE_NAME_SIZE];
    char name[ZONE_NAME_SIZE];
    struct stat st;
    snprintf(path, sizeof path, FOLDER "/%s", below);
    DIR *dir = opendir(path);
    if (!dir)
        return;
    for (struct dirent *e; count < NAMES_MAX && (e = readdir(dir));) {
        if (!is_part_of_zone(e->d_name) || strlen(below) + strlen(e->d_name) + 2 > sizeof name)
            continue;
        memcpy(name, below, strlen(below) + 1);
        strncat(name, e->d_name, sizeof name - strlen(name) - 1);
        snprintf(path, sizeof path, FOLDER "/%s", name);
        if (stat(path, &st))
            continue;
        if (S_ISDIR(st.st_mode) && depth < DEPTH_MAX) {
            strncat(name, "/", sizeof name - strlen(name) - 1);
            read_folder(name, depth + 1);
        } else if (S_ISREG(st.st_mode) && is_zone_file(path)) {
            memcpy(names[count++], name, sizeof name);
        }
    }
    closedir(dir);
}

static int compare(const void *a, const void *b)
{
    return strcmp(a, b);
}

/* Once; again when there were none, as the folder may have been installed meanwhile. */
static void read_names(void)
{
    if (count)
        return;
    free(names);
    names = calloc(NAMES_MAX, sizeof *names);
    if (!names)
        return;
    read_folder("", 1);
    qsort(names, count, sizeof *names, compare);
}

/* "UTC+2", "gmt-03:30", "+0530": minutes east of Greenwich. */
static bool find_offset(const char *s, long *minutes)
{
    if (strncasecmp(s, "UTC", 3) == 0 || strncasecmp(s, "GMT", 3) == 0)
        s += 3;
    *minutes = 0;
    if (*s != '+' && *s != '-')
        return false;
    int sign = *s++ == '-' ? -1 : 1;
    size_t digits = strspn(s, "0123456789");
    if (!digits || digits > 4)
        return false;
    long n = strtol(s, NULL, 10);
    s += digits;
    *minutes = digits > 2 ? n / 100 * 60 + n % 100 : n * 60;
    if (*s == ':') {
        if (digits > 2 || strspn(s + 1, "0123456789") != 2 || s[3] || strtol(s + 1, NULL, 10) > 59)
            return false;
        *minutes += strtol(s + 1, NULL, 10);
    } else if (*s || (digits > 2 && n % 100 > 59)) {
        return false;
    }
    if (*minutes > OFFSET_MAX)
        return false;
    *minutes *= sign;
    return true;
}

static const char *city(const char *name)
{
    const char *slash = strrchr(name, '/');
    return slash ? slash + 1 : name;
}

enum zone_match zones_find(const char *text, char name[ZONE_NAME_SIZE])
{
    char wanted[ZONE_NAME_SIZE];
    long minutes;
    if (find_offset(text, &minutes)) {
        snprintf(name, ZONE_NAME_SIZE, "UTC%c%02ld:%02ld", minutes < 0 ? '-' : '+',
                 labs(minutes) / 60, labs(minutes) % 60);
        return ZONE_EXACT;
    }
    if (strcasecmp(text, "UTC") == 0) { /* even where no zones are installed */
        snprintf(name, ZONE_NAME_SIZE, "UTC");
        return ZONE_EXACT;
    }
    if (!*text || strlen(text) >= sizeof wanted)
        return ZONE_NONE;
    for (size_t i = 0; i <= strlen(text); i++)
        wanted[i] = text[i] == ' ' ? '_' : text[i];
    read_names();
    const char *found = NULL;
    for (size_t i = 0; i < count; i++) {
        if (strcasecmp(names[i], wanted) == 0) {
            memcpy(name, names[i], ZONE_NAME_SIZE);
            return ZONE_EXACT;
        }
        if (!found && strcasecmp(city(names[i]), wanted) == 0)
            found = names[i];
    }
    if (!found)
        return ZONE_NONE;
    memcpy(name, found, ZONE_NAME_SIZE);
    return ZONE_CITY;
}

/* The C library knows one zone at a time: that of the process is put back. */
static void set_zone(const char *zone)
{
    if (zone)
        setenv("TZ", zone, 1);
    else
        unsetenv("TZ");
    tzset();
}

int zones_time(const char *name, time_t when, struct tm *tm, long *offset, char *shortname,
               size_t size)
{
    long minutes;
    shortname[0] = 0;
    *offset = 0;
    if (strcmp(name, "UTC") == 0)
        return gmtime_r(&when, tm) ? 0 : -1;
    if (find_offset(name, &minutes)) {
        *offset = minutes * 60;
        when += *offset;
        return gmtime_r(&when, tm) ? 0 : -1;
    }
    char zone[sizeof FOLDER + 2 + ZONE_NAME_SIZE];
    snprintf(zone, sizeof zone, ":" FOLDER "/%s", name);
    const char *before = getenv("TZ");
    char *kept = before ? strdup(before) : NULL;
    set_zone(zone);
    int result = localtime_r(&when, tm) ? 0 : -1;
    if (!result) {
        *offset = tm->tm_gmtoff;
        /* Zones without a name of their own have "+03". */
        if (tm->tm_zone && tm->tm_zone[0] >= 'A')
            snprintf(shortname, size, "%s", tm->tm_zone);
    }
    set_zone(kept);
    free(kept);
    return result;
}
