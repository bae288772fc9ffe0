#ifndef SERVER_OPTIONS_H
#define SERVER_OPTIONS_H

#include <stdbool.h>

/* The command line of seshetd. */
struct options {
    const char *config; /* NULL: the default place */
    bool check_only;
    bool foreground;
};

enum options_result { OPTIONS_RUN, OPTIONS_DONE, OPTIONS_WRONG };

/* OPTIONS_DONE: --help or -V was answered on standard output. OPTIONS_WRONG: the error was told on
 * standard error. */
enum options_result options_parse(struct options *options, int argc, char **argv);

#endif
