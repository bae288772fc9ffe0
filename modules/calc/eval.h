#ifndef MODULES_CALC_EVAL_H
#define MODULES_CALC_EVAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * An evaluator whose cost is bounded by the length of its text: no loop depends on a value.
 *
 * Whole numbers are exact as long as they fit into 64 bits; what does not fit, and what is not
 * whole, goes on as a double.
 */

enum { EVAL_TEXT_MAX = 400, EVAL_DEPTH_MAX = 50, EVAL_WHY_SIZE = 160 };

struct eval_value {
    bool whole; /* n holds it, exactly */
    bool about; /* was whole, and did not fit any more */
    int64_t n;
    double d; /* when not whole; never infinite, never NaN */
};

/* 0; -1 with a sentence about what is wrong in why. text: at most EVAL_TEXT_MAX bytes. */
int eval(const char *text, struct eval_value *result, char why[EVAL_WHY_SIZE]);
/* As a person writes it. */
void eval_format(const struct eval_value *v, char *dst, size_t size);

#endif
