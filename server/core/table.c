#include <string.h>

#include "server/core/core.h"

const struct core_command core_commands[] = {
    {"help", "[NAME]", "What I can do, or how a command or module is used.", "", core_help},
    {"list", "[MODULE]", "The modules that are on here, or what one of them offers.", "",
     core_list},
    {"ping", "", "Answers pong.", "", core_ping},
    {"version", "", "Which seshet this is.", "", core_version},
    {"uptime", "", "For how long I have been running, and here.", "", core_uptime},
    {"status", "", "Networks, registry and module hosts in one line.", "", core_status},
    {NULL, NULL, NULL, NULL, NULL}};
