#ifndef TESTS_UNIT_MODULES_ABI_ROWS_H
#define TESTS_UNIT_MODULES_ABI_ROWS_H

#include <stdbool.h>
#include <stddef.h>

/* What a compiler makes of seshet/module.h. */
struct abi_row {
    const char *what;
    long long value;
    bool may_grow; /* the size of a struct that begins with its size */
};

extern const struct abi_row abi_rows_first[], abi_rows_now[];
extern const size_t abi_count_first, abi_count_now;

#endif
