#ifndef SERVER_CTL_TABLE_H
#define SERVER_CTL_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What the answer is written to. */
struct screen {
    bool human;  /* a person reads it; else a program: tabs, raw values, no titles */
    bool colour; /* only with human */
    int width;   /* columns */
};

/* The standard output: human when it is a terminal, coloured unless NO_COLOR is set. */
struct screen screen_detect(void);

enum paint { PAINT_NONE, PAINT_GOOD, PAINT_WARN, PAINT_BAD, PAINT_DIM, PAINT_BOLD };
/* The escape sequence that begins or ends a paint; "" without colour. */
const char *paint_begin(const struct screen *screen, enum paint paint);
const char *paint_end(const struct screen *screen, enum paint paint);
/* What a state's word should look like: good when all is well, bad when somebody must act. */
enum paint paint_state(const char *state);

/* The text with everything replaced by '?' that could move a terminal's cursor or a tab-separated
 * field: control characters, bytes that are no UTF-8, changes of direction. The caller frees it. */
char *text_clean(const char *text);
/* Columns that a clean text takes; needs a UTF-8 locale. */
int text_width(const char *text);

/*
 * A table. A person sees aligned columns; what does not fit the screen is narrowed where that is
 * allowed, then left out, the highest `rank` first. A program sees every column, one row a line,
 * separated by tabs, with the table's name first.
 */
struct column {
    const char *title;
    bool right; /* numbers */
    int rank;   /* 0: never left out; others also when they are empty */
    int least;  /* may be narrowed to so many columns; 0: never */
    bool raw;   /* for programs only: people see it elsewhere */
};

struct table;

struct table *table_new(const char *name, const struct column *columns, size_t count);
/* The next cell, row after row. `raw` is for programs, `shown` for people; NULL: the same. */
void table_add(struct table *table, enum paint paint, const char *raw, const char *shown);
/* A number; people see large ones shortened ("1.2M"). */
void table_add_number(struct table *table, int64_t n);
size_t table_rows(const struct table *table);
/* To the standard output. */
void table_print(const struct table *table, const struct screen *screen);
void table_free(struct table *table);

#endif
