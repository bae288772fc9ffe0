#include "server/options.h"

#include <getopt.h>
#include <stdio.h>

static const char usage[] = "Usage: seshetd [-c FILE] [-n] [-f] [-V]\n";

static const char help[] =
    "\n"
    "Multi-network IRC bot server.\n"
    "\n"
    "  -c, --config FILE   the main configuration file\n"
    "  -n, --check         check the whole configuration, networks included, and end\n"
    "  -f, --foreground    stay in the foreground; the log goes to standard error\n"
    "  -V, --version       print the version and end\n"
    "  -h, --help          print this and end\n"
    "\n"
    "Without -c: the file named by SESHET_CONF, else etc/seshet/seshet.conf beside the\n"
    "program's bin folder, else /etc/seshet/seshet.conf.\n"
    "Without -f seshetd goes to the background when it is ready, and logs to\n"
    "seshetd.log in its state_dir.\n"
    "SIGHUP reads the configuration again; SIGTERM says QUIT everywhere and ends.\n";

enum options_result options_parse(struct options *options, int argc, char **argv)
{
    static const struct option names[] = {
        {"config", required_argument, NULL, 'c'}, {"check", no_argument, NULL, 'n'},
        {"foreground", no_argument, NULL, 'f'},   {"version", no_argument, NULL, 'V'},
        {"help", no_argument, NULL, 'h'},         {NULL, 0, NULL, 0}};
    *options = (struct options){0};
    int c;
    while ((c = getopt_long(argc, argv, "c:nfVh", names, NULL)) != -1) {
        switch (c) {
        case 'c':
            options->config = optarg;
            break;
        case 'n':
            options->check_only = true;
            break;
        case 'f':
            options->foreground = true;
            break;
        case 'V':
            printf("seshetd %s\n", SESHET_VERSION);
            return OPTIONS_DONE;
        case 'h':
            printf("%s%s", usage, help);
            return OPTIONS_DONE;
        default:
            fprintf(stderr, "%sTry 'seshetd --help'.\n", usage);
            return OPTIONS_WRONG;
        }
    }
    if (optind < argc) {
        fprintf(stderr, "seshetd: unexpected argument \"%s\"\n%s", argv[optind], usage);
        return OPTIONS_WRONG;
    }
    return OPTIONS_RUN;
}
