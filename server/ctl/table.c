#include "server/ctl/table.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"
#include "base/xmalloc.h"

#define GAP         2 /* spaces between columns */
#define MAX_COLUMNS 20

struct cell {
    char *raw;
    char *shown;
    enum paint paint;
};

struct table {
    const char *name;
    const struct column *columns;
    size_t ncolumns;
    struct cell *cells;
    size_t ncells;
};

struct table *table_new(const char *name, const struct column *columns, size_t count)
{
    struct table *table = xcalloc(1, sizeof *table);
    *table = (struct table){.name = name, .columns = columns, .ncolumns = count};
    return table;
}

void table_add(struct table *table, enum paint paint, const char *raw, const char *shown)
{
    table->cells = xrealloc(table->cells, (table->ncells + 1) * sizeof *table->cells);
    table->cells[table->ncells++] = (struct cell){
        .raw = text_clean(raw),
        .shown = text_clean(shown ? shown : raw),
        .paint = paint,
    };
}

void table_add_number(struct table *table, int64_t n)
{
    char raw[32];
    char shown[32];
    snprintf(raw, sizeof raw, "%lld", (long long)n);
    snprintf(shown, sizeof shown, "%lld", (long long)n);
    if (n >= 1000000000)
        snprintf(shown, sizeof shown, "%.1fG", (double)n / 1e9);
    else if (n >= 1000000)
        snprintf(shown, sizeof shown, "%.1fM", (double)n / 1e6);
    else if (n >= 100000)
        snprintf(shown, sizeof shown, "%.0fk", (double)n / 1e3);
    table_add(table, PAINT_NONE, raw, shown);
}

size_t table_rows(const struct table *table)
{
    return table->ncells / table->ncolumns;
}

static const struct cell *cell_at(const struct table *table, size_t row, size_t column)
{
    return &table->cells[row * table->ncolumns + column];
}

static int total(const int *widths, size_t count)
{
    int sum = 0;
    for (size_t i = 0; i < count; i++)
        if (widths[i])
            sum += widths[i] + (sum ? GAP : 0);
    return sum;
}

/* Takes from the widest column that may give. False when none can. */
static bool narrow(const struct table *table, int *widths)
{
    size_t widest = table->ncolumns;
    for (size_t i = 0; i < table->ncolumns; i++)
        if (table->columns[i].least && widths[i] > table->columns[i].least &&
            (widest == table->ncolumns || widths[i] > widths[widest]))
            widest = i;
    if (widest == table->ncolumns)
        return false;
    widths[widest]--;
    return true;
}

static bool leave_out(const struct table *table, int *widths)
{
    size_t last = table->ncolumns;
    for (size_t i = 0; i < table->ncolumns; i++)
        if (widths[i] && table->columns[i].rank &&
            (last == table->ncolumns || table->columns[i].rank >= table->columns[last].rank))
            last = i;
    if (last == table->ncolumns)
        return false;
    widths[last] = 0;
    return true;
}

static void natural_widths(const struct table *table, int *widths)
{
    for (size_t i = 0; i < table->ncolumns; i++) {
        widths[i] = text_width(table->columns[i].title);
        for (size_t row = 0; row < table_rows(table); row++) {
            int width = text_width(cell_at(table, row, i)->shown);
            if (width > widths[i])
                widths[i] = width;
        }
    }
}

/* Of those that may be left out, the ones that have nothing to say. */
static void find_empty(const struct table *table, bool *out)
{
    for (size_t i = 0; i < table->ncolumns; i++) {
        out[i] = table->columns[i].rank > 0 && table_rows(table);
        for (size_t row = 0; out[i] && row < table_rows(table); row++)
            out[i] = !*cell_at(table, row, i)->shown;
    }
}

/* A width for each column; 0 for one that is left out. */
static void fit(const struct table *table, const struct screen *screen, int *widths)
{
    bool out[MAX_COLUMNS] = {false};
    find_empty(table, out);
    for (;;) {
        natural_widths(table, widths);
        for (size_t i = 0; i < table->ncolumns; i++)
            widths[i] = out[i] || table->columns[i].raw ? 0 : widths[i];
        while (total(widths, table->ncolumns) > screen->width)
            if (!narrow(table, widths))
                break;
        if (total(widths, table->ncolumns) <= screen->width || !leave_out(table, widths))
            return;
        /* Without that column the others may have their full width again. */
        for (size_t i = 0; i < table->ncolumns; i++)
            out[i] = !widths[i];
    }
}

/* Writes at most `width` columns of the text; what is cut ends with an ellipsis. Returns the
 * columns. */
static int put_text(const char *text, int width)
{
    int whole = text_width(text);
    if (whole <= width) {
        fputs(text, stdout);
        return whole;
    }
    int used = 0;
    while (*text) {
        char one[5]; /* a character of UTF-8 */
        size_t n = utf8_char(text, strlen(text));
        snprintf(one, sizeof one, "%.*s", (int)n, text);
        int w = text_width(one);
        if (used + w > width - 1)
            break;
        fputs(one, stdout);
        used += w;
        text += n;
    }
    fputs("…", stdout);
    return used + 1;
}

/* Nothing is written after the last text of a row, so that no line ends in spaces. */
static void put_cell(const struct screen *screen, const struct column *column, const char *text,
                     enum paint paint, int width, bool last)
{
    int missing = width - text_width(text);
    if (column->right && missing > 0)
        printf("%*s", missing, "");
    fputs(paint_begin(screen, paint), stdout);
    int used = put_text(text, width);
    fputs(paint_end(screen, paint), stdout);
    if (column->right && missing > 0)
        used += missing;
    if (!last)
        printf("%*s", width - used + GAP, "");
}

static void print_row(const struct table *table, const struct screen *screen, const int *widths,
                      size_t row, bool titles)
{
    size_t last = 0;
    for (size_t i = 0; i < table->ncolumns; i++)
        last = widths[i] && (titles || *cell_at(table, row, i)->shown) ? i : last;
    for (size_t i = 0; i <= last; i++) {
        if (!widths[i])
            continue;
        const char *text = titles ? table->columns[i].title : cell_at(table, row, i)->shown;
        enum paint paint = titles ? PAINT_BOLD : cell_at(table, row, i)->paint;
        put_cell(screen, &table->columns[i], text, paint, widths[i], i == last);
    }
    putchar('\n');
}

static void print_raw(const struct table *table)
{
    for (size_t row = 0; row < table_rows(table); row++) {
        fputs(table->name, stdout);
        for (size_t i = 0; i < table->ncolumns; i++)
            printf("\t%s", cell_at(table, row, i)->raw);
        putchar('\n');
    }
}

void table_print(const struct table *table, const struct screen *screen)
{
    int widths[MAX_COLUMNS] = {0};
    if (!screen->human) {
        print_raw(table);
        return;
    }
    fit(table, screen, widths);
    print_row(table, screen, widths, 0, true);
    for (size_t row = 0; row < table_rows(table); row++)
        print_row(table, screen, widths, row, false);
}

void table_free(struct table *table)
{
    for (size_t i = 0; i < table->ncells; i++) {
        free(table->cells[i].raw);
        free(table->cells[i].shown);
    }
    free(table->cells);
    free(table);
}
