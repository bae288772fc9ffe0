#ifndef SERVER_CTL_VALUE_H
#define SERVER_CTL_VALUE_H

#include <jansson.h>

#include "server/ctl/table.h"

/* Members of an object, however the answer looks: "", 0, and false when missing or null. */
const char *ctl_text(const json_t *object, const char *key);
int64_t ctl_number(const json_t *object, const char *key);
bool ctl_bool(const json_t *object, const char *key);
/* The texts of an array, joined by commas; the caller frees it. */
char *ctl_join(const json_t *array);

#define TABLE(name, columns) table_new(name, columns, sizeof(columns) / sizeof *(columns))

/* The next cell of a table, from a member. */
void cell_text(struct table *table, const json_t *object, const char *key);
void cell_state(struct table *table, const json_t *object);
void cell_duration(struct table *table, int64_t ms);
void cell_yes(struct table *table, const json_t *object, const char *key);

/* "  about: text" for people only: programs have it as a field. */
void put_note(const struct screen *screen, enum paint paint, const char *about, const char *text);
/* "name: text" for people, "name TAB text" for programs; nothing for an empty text. */
void put_line(const struct screen *screen, const char *name, const char *text);
/* A time as people say it, milliseconds for programs. */
void put_duration(const struct screen *screen, const char *name, int64_t ms);
/* The array "notes" of the result. */
void put_notes(const struct screen *screen, const json_t *result);
/* A heading between two parts, for people. */
void put_heading(const struct screen *screen, const char *text);

#endif
