#include "session.h"

static bool on_opened(struct session *session)
{
  (void)session;
  return true;
}

static void on_text(struct session *session, struct slice text)
{
  session_send_packet(session, PACKET_MESSAGE, text);
}

static void on_binary(struct session *session, struct slice bytes)
{
  session_send_binary(session, bytes);
}

static void on_closed(struct session *session)
{
  (void)session;
}

const struct session_handler echo_handler = {on_opened, on_text, on_binary, on_closed};
