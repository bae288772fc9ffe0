#ifndef SERVER_REPORT_H
#define SERVER_REPORT_H

#include "server/control/control.h"

/* What seshetctl can ask of the running server; the argument of its functions is the server. */
extern const struct control_command report_commands[];

#endif
