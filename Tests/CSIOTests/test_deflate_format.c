/* The wire format of permessage-deflate, with hand-written parameters and messages. */
#include "ws/deflate.h"
#include "socket.h"
#include "ws_peer.h"

static csio_loop *loop;

/* --- terms --- */

static void reads_parameters(void)
{
  static const struct {
    const char *header;
    bool understood;
    csio__deflate_terms terms;
  } cases[] = {
      {NULL, true, {false, false}},
      {"permessage-deflate", true, {true, false}},
      {"Permessage-Deflate", true, {true, false}},
      {" permessage-deflate ; server_no_context_takeover", true, {true, true}},
      {"permessage-deflate;client_no_context_takeover;server_no_context_takeover", true, {true, true}},
      {"permessage-deflate; server_max_window_bits=8", true, {true, false}},
      {"permessage-deflate; server_max_window_bits=\"15\"", true, {true, false}},
      {"permessage-deflate; server_max_window_bits=16", false, {true, false}},
      {"permessage-deflate; server_max_window_bits=7", false, {true, false}},
      {"permessage-deflate; server_max_window_bits", false, {true, false}},
      {"permessage-deflate; server_max_window_bits=", false, {true, false}},
      {"permessage-deflate; server_max_window_bits=15abc", false, {true, false}},
      {"permessage-deflate; server_max_window_bits=015", false, {true, false}},
      {"permessage-deflate; server_max_window_bits=+15", false, {true, false}},
      {"permessage-deflate; server_max_window_bits=\"15", false, {true, false}},
      {"permessage-deflate; server_max_window_bits=15\"", false, {true, false}},
      {"permessage-deflate; server_max_window_bits=4294967311", false, {true, false}},
      {"permessage-deflate; server_max_window_bits=15; server_max_window_bits=15", false, {true, false}},
      {"permessage-deflate; client_no_context_takeover; Client_no_context_takeover", false, {true, false}},
      {"permessage-deflate; server_no_context_takeover; server_no_context_takeover", false, {true, true}},
      {"permessage-deflate; client_max_window_bits=15", false, {true, false}},
      {"permessage-deflate; new_thing", false, {true, false}},
      {"permessage-deflate, permessage-deflate", false, {false, false}},
      {"x-webkit-deflate-frame", false, {false, false}},
      {"", false, {false, false}},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    csio__deflate_terms terms;
    bool understood = csio__deflate_read_terms(cases[i].header, &terms);
    if (understood != cases[i].understood)
      FAIL("\"%s\" is %s", cases[i].header, understood ? "read" : "refused");
    CHECK_INT(terms.accepted, cases[i].terms.accepted);
    CHECK_INT(terms.server_no_context_takeover, cases[i].terms.server_no_context_takeover);
  }
}

static void answer_with_terms(client *client)
{
  if (ws_accept(client, client->peer->data, NULL)) client_drain(client);
}

static void refuses_parameters_not_offered(void)
{
  static const struct {
    bool offer;
    const char *terms;
  } cases[] = {
      {true, "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits=10\r\n"},
      {true, "Sec-WebSocket-Extensions: permessage-deflate, permessage-deflate\r\n"},
      {true,
          "Sec-WebSocket-Extensions: permessage-deflate\r\nSec-WebSocket-Extensions: permessage-deflate\r\n"},
      {true, "Sec-WebSocket-Extensions: unheard-of\r\n"},
      {false, "Sec-WebSocket-Extensions: permessage-deflate\r\n"},
      {false, "Sec-WebSocket-Extensions: unheard-of\r\n"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    peer server;
    peer_start(&server, answer_with_terms, NULL, (void *)cases[i].terms);
    socket_test socket = {.loop = loop, .url = peer_url(&server, "ws", NULL, "/"), .deflate = cases[i].offer};
    socket_expect_error(&socket, CSIO_EPROTOCOL, "did not answer the WebSocket handshake correctly");
    peer_stop(&server);
  }
}

/* --- messages --- */

static void send_as_told(client *client)
{
  const frame *told = client->peer->data;
  if (!ws_accept(client, "Sec-WebSocket-Extensions: permessage-deflate\r\n", NULL)) return;
  ws_write(client, told->opcode, true, told->bytes, told->size);
  client_drain(client);
}

static void refuses_broken_messages(void)
{
  static frame frames[] = {
      {.opcode = TEXT | COMPRESSED, .size = 8, .bytes = (uint8_t *)"\xff\xff\xff\xff\xff\xff\xff\xff"},
      {.opcode = TEXT | COMPRESSED, .size = 3, .bytes = (uint8_t *)"\x06\x00\x00"},
      {.opcode = BINARY | 0x20, .size = 1, .bytes = (uint8_t *)"x"},
      {.opcode = TEXT | 0x10, .size = 1, .bytes = (uint8_t *)"x"},
  };
  for (size_t i = 0; i < sizeof frames / sizeof *frames; i++) {
    peer server;
    peer_start(&server, send_as_told, NULL, &frames[i]);
    socket_test socket = {.loop = loop, .url = peer_url(&server, "ws", NULL, "/"), .deflate = true};
    socket_expect_error(&socket, CSIO_EPROTOCOL, i < 2 ? "cannot be decompressed" : "a reserved bit");
    CHECK_INT(socket.messages, 0);
    peer_stop(&server);
  }
}

/* The examples of RFC 7692, section 7.2.3: "Hello" in one block, referring to the message before, in a
 * stored block, in a final block, and in two blocks. */
static void reads_the_standards_examples(void)
{
  static const struct {
    const char *bytes;
    size_t size;
  } messages[] = {
      {"\xf2\x48\xcd\xc9\xc9\x07\x00", 7},
      {"\xf2\x00\x11\x00\x00", 5},
      {"\x00\x05\x00\xfa\xff\x48\x65\x6c\x6c\x6f\x00", 11},
      {"\xf3\x48\xcd\xc9\xc9\x07\x00\x00", 8},
      {"\xf2\x48\x05\x00\x00\x00\xff\xff\xca\xc9\xc9\x07\x00", 13},
      {"\xf2\x00\x11\x00\x00", 5},
  };
  csio__inflater *inflater = NULL;
  csio__bytes out = {0};
  for (size_t i = 0; i < sizeof messages / sizeof *messages; i++) {
    out.size = 0;
    for (size_t j = 0; j < messages[i].size; j++) /* byte by byte */
      CHECK_INT(csio__inflate(&inflater, (const uint8_t *)messages[i].bytes + j, 1, j == messages[i].size - 1,
                    100, &out),
          CSIO__INFLATED);
    CHECK_INT(out.size, 5);
    CHECK(!memcmp(out.data, "Hello", 5));
  }
  csio__bytes_free(&out);
  csio__inflater_free(inflater);
}

int main(int argc, char **argv)
{
  loop = test_loop();
  RUN(reads_parameters);
  RUN(reads_the_standards_examples);
  RUN(refuses_parameters_not_offered);
  RUN(refuses_broken_messages);
  csio_loop_close(loop);
}
