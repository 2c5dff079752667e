//! The address of a payment's page as a QR code.

use axum::extract::{Request, State};
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use qrcode::{Color, EcLevel, QrCode};

use super::Wallet;
use super::given::Given;
use crate::domain::payment::{QrFormat, State as PaymentState, UserFlow};

/// The light border that readers need, in modules (ISO/IEC 18004).
const BORDER: usize = 4;

/// How large an SVG says it is, in pixels. It scales.
const SVG_SIZE: usize = 400;

/// Shows the code as the payment asks, else as SVG; gone when the payment no longer waits for its customer.
pub(super) async fn show(State(wallet): State<Wallet>, request: Request) -> Response {
    let given = Given::read(request.uri().query().unwrap_or_default().as_bytes());
    let (Some(slot), Some(token)) = (wallet.find(&given), given.token.as_deref()) else {
        return refuse("No payment belongs to this code.\n");
    };
    match wallet.engine.read(&slot, |payment| payment.course.standing().state) {
        PaymentState::Created => {}
        PaymentState::Expired => return refuse("The payment of this code has expired.\n"),
        _ => return refuse("The payment of this code is finished.\n"),
    }
    let extras = slot.order.extras().filter(|_| slot.order.flow() == UserFlow::Qr);
    let format = extras.map(|extras| extras.qr_format).unwrap_or_default();
    let target = format!("{}/pay?token={token}", wallet.public_url);
    if format == QrFormat::TargetUrl {
        return answer(StatusCode::OK, "text/plain; charset=utf-8", target.into_bytes());
    }
    // A screen is clean, so the least correction and thereby the largest modules serve best.
    let Ok(code) = QrCode::with_error_correction_level(&target, EcLevel::L) else {
        return refuse("The sandbox's public URL is too long for a QR code.\n");
    };
    let drawn = match format {
        QrFormat::Png(size) => png(&code, usize::from(size)).map(|png| ("image/png", png)),
        QrFormat::Svg | QrFormat::TargetUrl => Some(("image/svg+xml", svg(&code).into_bytes())),
    };
    match drawn {
        Some((kind, image)) => answer(StatusCode::OK, kind, image),
        None => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

/// Shops show the image on their own pages, so it may be loaded from anywhere.
fn answer(status: StatusCode, kind: &'static str, body: Vec<u8>) -> Response {
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static(kind)),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
        (header::CONTENT_SECURITY_POLICY, HeaderValue::from_static("default-src 'none'")),
        (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
        (HeaderName::from_static("cross-origin-resource-policy"), HeaderValue::from_static("cross-origin")),
    ];
    (status, headers, body).into_response()
}

fn refuse(text: &'static str) -> Response {
    answer(StatusCode::NOT_FOUND, "text/plain; charset=utf-8", text.into())
}

/// Draws each run of dark modules as one rectangle.
fn svg(code: &QrCode) -> String {
    use std::fmt::Write as _;
    let width = code.width();
    let side = width + 2 * BORDER;
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{SVG_SIZE}\" height=\"{SVG_SIZE}\" viewBox=\"0 0 {side} {side}\" \
         shape-rendering=\"crispEdges\"><path fill=\"#fff\" d=\"M0 0h{side}v{side}H0z\"/><path d=\""
    );
    for (y, row) in code.to_colors().chunks(width).enumerate() {
        let mut x = 0;
        for run in row.chunk_by(|one, next| one == next) {
            if run[0] == Color::Dark {
                // Writing to a text never fails.
                let _ = write!(svg, "M{} {}h{}v1h-{}z", x + BORDER, y + BORDER, run.len(), run.len());
            }
            x += run.len();
        }
    }
    svg.push_str("\"/></svg>\n");
    svg
}

/// Draws the code in whole pixels per module, with a border that fills the size asked for.
fn png(code: &QrCode, size: usize) -> Option<Vec<u8>> {
    let width = code.width();
    let scale = (size / (width + 2 * BORDER)).max(1);
    let edge = size.max(width * scale);
    let margin = (edge - width * scale) / 2;
    let colors = code.to_colors();
    let row_bytes = edge.div_ceil(8);
    let mut pixels = vec![0xff_u8; row_bytes * edge];
    for (y, row) in pixels.chunks_mut(row_bytes).enumerate() {
        let Some(y) = y.checked_sub(margin).map(|y| y / scale).filter(|y| *y < width) else { continue };
        for x in (0..width * scale).filter(|x| colors[y * width + x / scale] == Color::Dark) {
            let at = x + margin;
            row[at / 8] &= !(0x80 >> (at % 8));
        }
    }
    let mut image = Vec::new();
    let edge = u32::try_from(edge).ok()?;
    let mut encoder = png::Encoder::new(&mut image, edge, edge);
    encoder.set_color(png::ColorType::Grayscale);
    encoder.set_depth(png::BitDepth::One);
    let mut writer = encoder.write_header().ok()?;
    writer.write_image_data(&pixels).ok()?;
    writer.finish().ok()?;
    Some(image)
}
