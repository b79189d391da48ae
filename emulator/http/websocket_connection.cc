#include "emulator/http/websocket_connection.h"

#include <cassert>
#include <utility>

namespace offing::http {

// What gathers within a turn before it is written at once.
constexpr size_t kGatherBytes = 64 * 1024;
// A payload from this size on is sent from where it lies.
constexpr size_t kBigBytes = 16 * 1024;
constexpr const char* kLost = "WebSocket disconnected without sending Close frame.";

WebSocketConnection::WebSocketConnection(World& world, Socket* socket,
                                         std::unique_ptr<WebSocketEnd> end, WebSocketRole role,
                                         int64_t close_timeout_ms, size_t message_bytes_max)
    : world_(world),
      socket_(socket),
      end_(std::move(end)),
      reader_(role, message_bytes_max),
      role_(role),
      close_timeout_ms_(close_timeout_ms) {}

void WebSocketConnection::start() { end_->set_receiver(this); }

// --- In

void WebSocketConnection::on_bytes(std::string_view input) {
  while (!read_ended_) {
    switch (reader_.parse(input)) {
      case FrameReader::Step::kMore:
        return pause_or_resume();
      case FrameReader::Step::kMessage:
        post_delivery(reader_.take_message());
        break;
      case FrameReader::Step::kPing:
        answer_ping(reader_.control());
        break;
      case FrameReader::Step::kClose:
        read_ended_ = true;
        post_delivery(reader_.close());
        if (close_sent_) end(Ending::kPolitely);
        break;
      case FrameReader::Step::kFailed:
        fail(reader_.close());
        break;
    }
  }
}

void WebSocketConnection::post_delivery(std::variant<WebSocketMessage, WebSocketClose> item) {
  if (auto* message = std::get_if<WebSocketMessage>(&item)) inbox_bytes_ += message->bytes.size();
  inbox_.push_back(std::move(item));
  world_.post([self = Ref(this)] { self->deliver(); });
}

void WebSocketConnection::deliver() {
  if (inbox_.empty() || !end_) return;
  auto item = std::move(inbox_.front());
  inbox_.pop_front();
  if (auto* message = std::get_if<WebSocketMessage>(&item)) {
    inbox_bytes_ -= message->bytes.size();
    end_->send(std::move(*message));
    pause_or_resume();
  } else {
    end_->close(std::move(std::get<WebSocketClose>(item)));
  }
}

void WebSocketConnection::on_drain() { pause_or_resume(); }

void WebSocketConnection::pause_or_resume() {
  if (!socket_ || !end_ || ending_ == Ending::kEnded) return;
  const size_t backlog = inbox_bytes_ + end_->backlog_bytes();
  const bool pause = backlog > (paused_ ? kBacklogBytes / 2 : kBacklogBytes);
  if (pause == paused_) return;
  paused_ = pause;
  socket_->read_frames(!pause);
}

void WebSocketConnection::fail(const WebSocketClose& failure) {
  read_ended_ = true;
  post_delivery(failure);
  if (!close_sent_) send_close(failure);
  end(Ending::kPolitely);
}

// A peer that sends pings and reads nothing is owed the last pong only (RFC 6455, 5.5.3).
void WebSocketConnection::answer_ping(std::string_view payload) {
  if (close_sent_ || ending_ != Ending::kNot) return;
  if (writing_ || out_.size() >= kGatherBytes) {
    pong_owed_ = std::string(payload);
    return;
  }
  append(Opcode::kPong, std::string(payload));
  flush_later();
}

// --- Out

void WebSocketConnection::on_message(WebSocketMessage message) {
  if (!socket_ || close_sent_ || ending_ != Ending::kNot) return;
  if (unsent_bytes() > kUnsentBytesMax) {
    read_ended_ = true;
    post_delivery(WebSocketClose{
        1006, "The peer reads too slowly: over " + std::to_string(kUnsentBytesMax) +
                  " bytes wait to be sent.", false});
    ending_ = Ending::kEnded;
    return socket_->end_frames(false);
  }
  const size_t size = message.bytes.size();
  append(message.binary ? Opcode::kBinary : Opcode::kText, std::move(message.bytes));
  payload_bytes_ += size;
  end_->add_unconsumed(size);
  if (!writing_ && out_.size() + big_.size() >= kGatherBytes) return flush();
  flush_later();
}

void WebSocketConnection::on_close(WebSocketClose close) {
  if (!socket_ || close_sent_ || ending_ != Ending::kNot) return;
  if (!close.clean || close.code == 1006) return end(Ending::kAtOnce);
  send_close(close);
  if (read_ended_) end(Ending::kPolitely);
}

void WebSocketConnection::go_away() {
  if (!socket_ || close_sent_ || ending_ != Ending::kNot) return;
  send_close({1001, {}, true});
  if (read_ended_) end(Ending::kPolitely);
}

void WebSocketConnection::send_close(const WebSocketClose& close) {
  close_sent_ = true;
  pong_owed_.reset();
  append(Opcode::kClose, close_payload(close));
  if (!closing_since_us_) closing_since_us_ = world_.now_us();
  flush_later();
}

// Nothing more is sent; once all is written the socket ends.
void WebSocketConnection::end(Ending how) {
  if (ending_ != Ending::kNot) return;
  ending_ = how;
  if (!closing_since_us_) closing_since_us_ = world_.now_us();
  flush_later();
}

void WebSocketConnection::append(Opcode opcode, std::string payload) {
  if (role_ == WebSocketRole::kClient) {
    const MaskKey mask = next_mask();
    return append_frame(out_, opcode, payload, &mask);
  }
  if (!big_.empty()) return append_frame(big_, opcode, payload, nullptr);
  if (payload.size() < kBigBytes) return append_frame(out_, opcode, payload, nullptr);
  append_frame_head(out_, opcode, payload.size(), nullptr);
  big_ = std::move(payload);
}

MaskKey WebSocketConnection::next_mask() {
  if (mask_bytes_used_ == mask_bytes_.size()) {
    world_.random_bytes("http/websocket", mask_bytes_);
    mask_bytes_used_ = 0;
  }
  MaskKey key;
  for (uint8_t& byte : key) byte = mask_bytes_[mask_bytes_used_++];
  return key;
}

void WebSocketConnection::flush_later() {
  if (flush_posted_) return;
  flush_posted_ = true;
  world_.at_turn_end([self = Ref(this)] {
    self->flush_posted_ = false;
    self->flush();
  });
}

// Writes while the kernel takes it. Only from events: it leads to the end's other side.
void WebSocketConnection::flush() {
  if (flushing_) return;
  flushing_ = true;
  Ref self(this);
  while (socket_ && !writing_) {
    if (pong_owed_) append(Opcode::kPong, *std::exchange(pong_owed_, std::nullopt));
    if (out_.empty() && big_.empty()) break;
    writing_ = true;
    flight_bytes_ = out_.size() + big_.size();
    flight_payload_bytes_ = std::exchange(payload_bytes_, 0);
    socket_->write_frames(out_, big_);
  }
  flushing_ = false;
  if (!socket_ || writing_ || ending_ == Ending::kNot || ending_ == Ending::kEnded) return;
  const bool politely = std::exchange(ending_, Ending::kEnded) == Ending::kPolitely;
  socket_->end_frames(politely);
}

void WebSocketConnection::on_drained() {
  writing_ = false;
  flight_bytes_ = 0;
  if (const size_t sent = std::exchange(flight_payload_bytes_, 0); sent > 0 && end_) {
    end_->consumed(sent);
  }
  if (!flushing_) flush();
}

// --- The end

void WebSocketConnection::on_socket_closed() {
  socket_ = nullptr;
  if (!std::exchange(read_ended_, true)) post_delivery(WebSocketClose{1006, kLost, false});
}

void WebSocketConnection::forget() {
  socket_ = nullptr;
  read_ended_ = true;
  inbox_.clear();
  end_.reset();
}

void WebSocketConnection::sweep(int64_t now_us) {
  if (!socket_ || !closing_since_us_) return;
  if (now_us - *closing_since_us_ < close_timeout_ms_ * 1000) return;
  ending_ = Ending::kEnded;
  socket_->end_frames(false);
}

}  // namespace offing::http
