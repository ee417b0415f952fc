"""What a tier above is told of a unit below, which that unit can't take back."""

from enum import StrEnum


class ExceptionKind(StrEnum):
    """Why a line stands in the feed."""

    REOPENING = "reopening"  # mở lại sổ đã khóa
    CORRECTION_CLOSED = "correction_closed"  # điều chỉnh dữ liệu đã khóa sổ
    EXTENSION = "extension"  # mở khóa có thời hạn
    DELEGATION = "delegation"  # ủy quyền nhập sổ
    LOOSER_POLICY = "looser_policy"  # đổi quy định theo hướng lỏng hơn
    HEADS_OWN = "heads_own"  # việc của chính người đứng đầu đơn vị
    ACCOUNT_IN_HAND = "account_in_hand"  # tài khoản vừa được đặt lại mật khẩu tham gia điều chỉnh
    CHAIN_FAULT = "chain_fault"  # dấu vết bị sửa, xóa hoặc chèn
    BUNDLE_FAULT = "bundle_fault"  # gói niêm phong thiếu hoặc bị sửa tệp
